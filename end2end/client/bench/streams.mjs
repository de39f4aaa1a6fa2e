// The section `streams`: many open streams on one node over a PostgreSQL that waits for its disk, and sessions that are
// revoked meanwhile, each of which all streams of its user must hear of.

import { readFileSync } from 'node:fs';
import net from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

import { postgresDatabase } from '../harness.mjs';
import { at, eachInTurn, steadily, until, written } from './load.mjs';
import { absolute, say, table } from './report.mjs';
import { fill, opened } from './rows.mjs';
import { asked, ours, processorTime, resident } from './servers.mjs';

const EVENTS = '/api/auth/multi-session/events';
const EACH = 5;
/** How many sessions a user has: one with streams, the others to be revoked. */
const SESSIONS = 11;
const LEAST = 300;
/** Of what the log or the node can do at most. */
const SHARE = 0.8;

export async function streams(how) {
  const { short } = how;
  const count = short ? 100 : 10_000;
  const seconds = short ? 2 : 10;
  mustHaveFiles(count);
  const { url, drop } = await postgresDatabase();
  let database;
  let server;
  const sockets = [];
  try {
    const users = await fill(url, (count / EACH) * SESSIONS, { perUser: SESSIONS, probes: count / EACH });
    database = await opened(url);
    server = await ours({
      DATABASE_URL: url,
      MULTI_SESSION_MAXIMUM_STREAMS: String(count),
      // One address has a tenth of the streams, so each user says another one.
      MULTI_SESSION_TRUSTED_PROXIES: '127.0.0.1',
    });
    for (const { sessions } of users.slice(0, 100))
      await asked(server.origin, '/api/auth/get-session', sessions[0].cookie);
    const before = await resident(server.pid);
    const heard = new Map();
    const began = performance.now();
    await open(server.origin, users, heard, sockets);
    say(`${count} streams are open after ${((performance.now() - began) / 1000).toFixed(1)} s`);
    await pause(short ? 100 : 2_000);
    const each = ((await resident(server.pid)) - before) / count;

    const flushes = await database.flushes(short ? 0.2 : 2);
    const revoke = revocations(server.origin, users);
    // As many as there can be, to know what can be asked for.
    const most =
      (await eachInTurn(server.origin, revoke.next, { seconds: short ? 0.2 : 2, connections: 32 })).length /
      (short ? 0.2 : 2);
    await revoke.areHeard(heard);
    const left = users.length * (SESSIONS - 1) - revoke.asked.length;
    const rate = short
      ? 20
      : Math.min(Math.max(LEAST, Math.floor(SHARE * Math.min(flushes, most))), Math.floor(left / seconds));
    say(
      `the log takes ${flushes.toFixed(0)} commits a second, one by one; ${most.toFixed(0)} revocations a second at most; now ${rate}`,
    );
    const first = revoke.asked.length;
    const spent = await processorTime(server.pid);
    const { due, answered } = await steadily(server.origin, revoke.next, { rate, seconds, connections: 64 });
    const micros = (((await processorTime(server.pid)) - spent) * 1e6) / due.length;
    const lost = await revoke.areHeard(heard);

    const last = revoke.asked.slice(first).map((id) => heard.get(id)?.last ?? Infinity);
    const since = (times) => last.map((told, index) => Math.max(0, told - times[index]));
    const p = (times, share) => [at(since(times), share)];
    const figure = ([time]) => `${time.toFixed(1)} ms`;
    table(how, `${count} streams, ${due.length / seconds} revocations a second for ${seconds} s`, [
      absolute(
        'told to all streams of the user after the answer, p95',
        [figure(p(answered, 0.95)), `p50 ${figure(p(answered, 0.5))}`],
        p(answered, 0.95),
        {
          most: 100,
          unit: ' ms',
        },
      ),
      absolute(
        'the same after the request was due, p95',
        [figure(p(due, 0.95)), `p50 ${figure(p(due, 0.5))}`],
        p(due, 0.95),
      ),
      absolute('lost', [String(lost), `of ${revoke.asked.length * EACH}`], [lost], { most: 0 }),
      absolute(
        'revocations a second',
        [`${rate}/s`, `log ${flushes.toFixed(0)}/s, most ${most.toFixed(0)}/s`],
        [rate],
        short ? {} : { least: LEAST },
      ),
      absolute('processor time of the node for each', [`${micros.toFixed(0)} µs`, ''], [micros]),
      absolute('memory of a stream', [`${each.toFixed(1)} kB`, `${(before / 1024).toFixed(0)} MB without any`], [each]),
    ]);
    if (lost) throw new Error(`${lost} streams did not hear of a revocation`);
  } finally {
    for (const socket of sockets) socket.destroy();
    await server?.stop();
    await database?.close();
    await drop();
  }
}

function mustHaveFiles(count) {
  const limit = /Max open files\s+\S+\s+(\S+)/.exec(readFileSync('/proc/self/limits', 'utf8'))[1];
  const needed = count + 2_500;
  if (limit !== 'unlimited' && Number(limit) < needed) {
    throw new Error(
      `${count} streams need ${needed} open files, and the limit is ${limit}: \`ulimit -n ${needed}\` raises it`,
    );
  }
}

/** Opens the streams of all users, and notes in `heard` how often and when last each revoked session was told. */
async function open(origin, users, heard, sockets) {
  const { hostname, port } = new URL(origin);
  const todo = users.flatMap(({ sessions }, user) => {
    const headers = { 'x-forwarded-for': `10.${user >> 16}.${(user >> 8) & 255}.${user & 255}` };
    return Array.from({ length: EACH }, () => written(origin, EVENTS, { cookie: sessions[0].cookie, headers }));
  });
  const opened = (request) =>
    new Promise((done, failed) => {
      const socket = net.connect({ host: hostname, port: Number(port) }).setEncoding('latin1');
      sockets.push(socket);
      let rest = '';
      let isOpen = false;
      socket.on('data', (chunk) => {
        const text = rest + chunk;
        if (!isOpen) {
          if (text.startsWith('HTTP/1.1 ') && !text.startsWith('HTTP/1.1 200 '))
            failed(new Error(`a stream was refused: ${text}`));
          isOpen = text.includes('event: snapshot');
          if (isOpen) done();
        }
        for (const [, id] of text.matchAll(/"type":"ended","id":"([^"]+)"/g)) {
          const told = heard.get(id) ?? { count: 0 };
          heard.set(id, { count: told.count + 1, last: performance.now() });
        }
        rest = text.slice(text.lastIndexOf('\n') + 1);
      });
      socket.on('error', failed);
      socket.on('close', () => failed(new Error('the server closed a stream')));
      socket.write(request);
    });
  const work = async () => {
    while (todo.length) await opened(todo.pop());
  };
  await Promise.all(Array.from({ length: 32 }, work));
}

/** Of each user the second session, then of each the third, and so on. */
function revocations(origin, users) {
  const asked = [];
  const next = () => {
    const { sessions } = users[asked.length % users.length];
    const victim = sessions[1 + Math.floor(asked.length / users.length)];
    if (!victim) throw new Error('no session is left to be revoked');
    asked.push(victim.id);
    return written(origin, '/api/auth/multi-session/revoke', {
      cookie: sessions[0].cookie,
      body: { sessionId: victim.id },
    });
  };
  /** Waits until all streams have heard of all, five seconds at most, and gives how many have not. */
  const areHeard = async (heard) => {
    const missing = () => asked.reduce((sum, id) => sum + EACH - (heard.get(id)?.count ?? 0), 0);
    await until(() => missing() <= 0, 'all streams heard of all', { milliseconds: 5_000, every: 50 }).catch(() => {});
    return missing();
  };
  return { asked, next, areHeard };
}
