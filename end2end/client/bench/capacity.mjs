// The section `capacity`: the processor time that a node and its database need for each action. Unlike answers per
// second, it does not depend on other load of the machine, or on this program, which runs on the same processors.

import http from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

import pg from 'pg';

import { postgresDatabase, startOurs } from '../harness.mjs';
import { fill } from './rows.mjs';
import { processorTime, resident } from './servers.mjs';

const AT_ONCE = 16;
const PER_SESSION = 6;
const HEARTBEAT_MS = 20_000;
const ACTIVITY_WITHIN_MS = 90_000;

let node;
let sql;
let agent;

export async function capacity({ short }) {
  const count = short ? 10 : 300;
  const rows = short ? 1_000 : 1_000_000;
  const database = await postgresDatabase();
  try {
    // All streams come from one address, which may have a tenth of the node's streams.
    node = await startOurs({
      DATABASE_URL: database.url,
      MULTI_SESSION_MAXIMUM_SESSIONS: '100',
      MULTI_SESSION_MAXIMUM_STREAMS: String(10 * PER_SESSION * count),
    });
    sql = new pg.Client({ connectionString: database.url });
    await sql.connect();
    agent = new http.Agent({ keepAlive: true, maxSockets: AT_ONCE });
    await acts(database.url, count, rows, short);
  } finally {
    agent?.destroy();
    await node?.stop();
    await sql?.end();
    await database.drop();
  }
}

async function acts(url, count, rows, short) {
  const users = await measure('sign-up', count, (number) => signUp(number));
  const others = await measure('sign-in', count, (number) => signIn(number));
  await measure('get-session', 20 * count, (number) => ask('GET', 'get-session', users[number % count]));
  await measure('list of devices', 10 * count, (number) =>
    ask('GET', 'multi-session/list-device-sessions', users[number % count]),
  );
  // A short run leaves out measurements that need waiting.
  if (!short) await activity(users);
  const idle = await resident(node.pid);
  const streams = await measure('stream opened', PER_SESSION * count, (number) => stream(users[number % count]));
  const each = ((await resident(node.pid)) - idle) / streams.length;
  console.log(`memory of an open stream: ${each.toFixed(1)} kB, of the node without streams: ${idle} kB`);
  if (!short) await heartbeat(streams.length);
  const ids = [];
  for (const user of others) ids.push((await ask('GET', 'get-session', user)).session.id);
  await measure(`revoke, told to ${PER_SESSION} streams`, count, (number) =>
    ask('POST', 'multi-session/revoke', users[number], { sessionId: ids[number] }),
  );
  for (const open of streams) open.destroy();
  await filled(url, rows);
  await measure(`get-session among ${rows} rows`, 20 * count, (number) =>
    ask('GET', 'get-session', users[number % count]),
  );
}

/** Repeats an action and prints the cost of each: processor time of node and database, and bytes of WAL. */
async function measure(what, count, act) {
  const before = await spent();
  const done = [];
  let next = 0;
  const work = async () => {
    for (let number = next++; number < count; number = next++) done[number] = await act(number);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  const after = await spent();
  const micros = (of) => (((after[of] - before[of]) * 1e6) / count).toFixed(0).padStart(6);
  const wal = ((after.wal - before.wal) / count).toFixed(0).padStart(6);
  console.log(
    `${what.padEnd(28)} ${String(count).padStart(6)} times  node ${micros('node')} µs  database ${micros('database')} µs  log ${wal} bytes`,
  );
  return done;
}

/** The cost of activity, which is written later for many sessions at once. */
async function activity(users) {
  const since = Date.now();
  for (const user of users) await ask('GET', 'get-session', user);
  const before = await spent();
  const written = 'select count(*)::int as count from sessions where last_active_at >= $1';
  while ((await sql.query(written, [since])).rows[0].count < users.length) {
    if (Date.now() > since + ACTIVITY_WITHIN_MS) throw new Error('not all activity was written');
    await pause(500);
  }
  const after = await spent();
  const micros = ((after.database - before.database) * 1e6) / users.length;
  const wal = (after.wal - before.wal) / users.length;
  console.log(
    `activity of ${users.length} sessions: database ${micros.toFixed(0)} µs, log ${wal.toFixed(0)} bytes each`,
  );
}

/** The cost of idle streams. */
async function heartbeat(count) {
  const quiet = await spent();
  await pause(HEARTBEAT_MS);
  const beats = (((await spent()).node - quiet.node) * 1e6) / count;
  console.log(`heartbeat of an open stream, every 20 s: node ${beats.toFixed(0)} µs`);
}

/** Creates many rows, and prints the size of rows and indexes. */
async function filled(url, count) {
  const began = performance.now();
  await fill(url, count, { probes: 0 });
  console.log(`${count} rows inserted in ${((performance.now() - began) / 1000).toFixed(0)} s`);
  const size = await sql.query(`select pg_relation_size('sessions') as heap, pg_indexes_size('sessions') as indexes,
    pg_total_relation_size('users') + pg_total_relation_size('passwords') as users`);
  const [{ heap, indexes, users }] = size.rows;
  const per = (bytes, rows) => `${(bytes / rows).toFixed(0)} bytes`;
  console.log(`a session: row ${per(heap, count)}, indexes ${per(indexes, count)}; a user: ${per(users, count / 5)}`);
}

async function signUp(number) {
  return cookie('sign-up/email', { name: 'Load', email: `load${number}@example.org`, password: 'correct horse' });
}

async function signIn(number) {
  return cookie('sign-in/email', { email: `load${number}@example.org`, password: 'correct horse' });
}

async function cookie(path, body) {
  const answer = await request('POST', path, '', body);
  return answer.headers['set-cookie'].map((line) => line.split(';')[0]).join('; ');
}

async function ask(method, path, cookie, body) {
  return JSON.parse((await request(method, path, cookie, body)).text);
}

async function request(method, path, cookie, body) {
  const answer = await send(method, path, cookie, agent, body);
  let text = '';
  for await (const chunk of answer) text += chunk;
  if (answer.statusCode !== 200) throw new Error(`${path}: ${answer.statusCode} ${text}`);
  return { headers: answer.headers, text };
}

/** Opens a stream and waits for its first event. */
async function stream(cookie) {
  const answer = await send('GET', 'multi-session/events', cookie, false);
  await new Promise((done) => answer.once('data', done));
  return answer;
}

function send(method, path, cookie, agent, body) {
  return new Promise((done, failed) => {
    const headers = { origin: node.origin, cookie, 'content-type': 'application/json' };
    const options = { method, headers, agent };
    const call = http.request(`${node.origin}/api/auth/${path}`, options, done).on('error', failed);
    call.end(body && JSON.stringify(body));
  });
}

/** The processor time of the node and of PostgreSQL so far, in seconds, and the position of its WAL, in bytes. */
async function spent() {
  const { rows } = await sql.query(`select array_agg(pid) as pids, pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0') as wal
    from pg_stat_activity`);
  const times = await Promise.all(rows[0].pids.map(processorTime));
  return {
    node: await processorTime(node.pid),
    database: times.reduce((sum, time) => sum + time, 0),
    wal: Number(rows[0].wal),
  };
}
