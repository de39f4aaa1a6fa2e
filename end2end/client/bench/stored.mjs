// The section `rows`: whether actions take longer among many live sessions than among few. Each size has its own
// database and server. They are measured in turn.

import path from 'node:path';

import { PASSWORD, postgresDatabase } from '../harness.mjs';
import { at, eachInTurn, until, written } from './load.mjs';
import { inTurn, milliseconds, perSecond, ratio, say, table } from './report.mjs';
import { fill, opened } from './rows.mjs';
import { asked, ours } from './servers.mjs';
import { temporary } from './temporary.mjs';
import { atFullSpeed } from './wrk.mjs';

const GET = '/api/auth/get-session';
const LIST = '/api/auth/multi-session/list-device-sessions';
const MOST = { most: 1.5 };
const KINDS = { sqlite: 'SQLite', postgres: 'PostgreSQL' };

/** The numbers of sessions: 10 thousand, then a hundred times as many up to $BENCH_ROWS; at most a million in PostgreSQL. */
function sizes(kind, short) {
  if (short) return [1_000, 5_000];
  const most = Math.min(Number(process.env.BENCH_ROWS ?? 10_000_000), kind === 'sqlite' ? Infinity : 1_000_000);
  return [10_000, 1_000_000, 10_000_000].filter((size) => size <= most);
}

export async function rows(how) {
  const kinds = Object.keys(KINDS);
  if (how.short) await Promise.all(kinds.map((kind) => rowsIn(kind, how)));
  else for (const kind of kinds) await rowsIn(kind, how);
}

async function rowsIn(kind, how) {
  const places = [];
  try {
    for (const size of sizes(kind, how.short)) places.push(await place(kind, size, how.short));
    const kept = await withServers(how, places, '100000', acts);
    const found = { ...kept, ...(await withServers(how, places, '0', uncached)) };
    table(how, `${KINDS[kind]}, each act : the same among the fewest rows`, [
      ...tabled(places, found),
      ...(await swept(how, places)),
    ]);
  } finally {
    for (const { drop } of places) await drop();
  }
}

/**
 * A database with so many sessions. Some users have sessions to read, others have sessions to revoke, and some sign
 * in.
 */
async function place(kind, size, short) {
  const { url, drop } = await (kind === 'sqlite' ? file() : postgresDatabase());
  try {
    const began = performance.now();
    const probes = await fill(url, size, { probes: short ? 100 : 2_000 });
    say(`${KINDS[kind]}: ${size} sessions, made in ${((performance.now() - began) / 1000).toFixed(0)} s`);
    const limit = probes.filter((_, number) => number % 20 === 0);
    const [revoked, read] = [1, 0].map((rest) => probes.filter((_, number) => number % 20 && number % 2 === rest));
    return { size, url, drop, read, revoked, limit };
  } catch (error) {
    await drop();
    throw error;
  }
}

function file() {
  const { folder, drop } = temporary();
  return { url: `sqlite://${path.join(folder, 'test.db')}`, drop };
}

/** Starts a server for each place, and runs `measures` on each. */
async function withServers(how, places, cache, measures) {
  const servers = [];
  try {
    for (const { url } of places) servers.push(await ours({ DATABASE_URL: url, MULTI_SESSION_SESSION_CACHE: cache }));
    const all = {};
    const kinds = await Promise.all(places.map((it, index) => measures(how, it, servers[index])));
    // All sizes of one action, one after the other.
    for (const act of Object.keys(kinds[0]))
      places.forEach(({ size }, index) => (all[`${act} ${size}`] = kinds[index][act]));
    return await inTurn(how, all);
  } finally {
    for (const server of servers) await server.stop();
  }
}

async function acts({ short, load }, { read, revoked, limit }, server) {
  const { origin } = server;
  const cookies = read.flatMap(({ sessions }) => sessions.map(({ cookie }) => cookie));
  await asked(origin, GET, cookies[0]);
  const count = short ? 5 : 60;
  const signIn = limit.map(({ email }) =>
    written(origin, '/api/auth/sign-in/email', { body: { email, password: PASSWORD } }),
  );
  let ended = 0;
  const revoke = () => {
    // The second session of each user, then the third of each.
    const { sessions } = revoked[ended % revoked.length];
    const sessionId = sessions[1 + Math.floor(ended++ / revoked.length)].id;
    return written(origin, '/api/auth/multi-session/revoke', { cookie: sessions[0].cookie, body: { sessionId } });
  };
  return {
    'get-session, cached': async () => await atFullSpeed(server, GET, cookies, load),
    'list-device-sessions': async () => await atFullSpeed(server, LIST, cookies, load),
    'sign-in at the limit, p50': async () => eachInTurn(origin, (number) => signIn[number % signIn.length], { count }),
    'revoke, p50': async () => eachInTurn(origin, revoke, { count }),
  };
}

async function uncached({ load }, { read }, server) {
  const cookies = read.flatMap(({ sessions }) => sessions.map(({ cookie }) => cookie));
  await asked(server.origin, GET, cookies[0]);
  return { 'get-session, not cached': () => atFullSpeed(server, GET, cookies, load) };
}

/** How long a sweep of a thousand expired sessions takes after the start of a server. */
async function swept(how, places) {
  const count = how.short ? 2_500 : 10_000;
  const measures = places.map(({ size, url }) => [`sweep of 1,000 ${size}`, () => sweep(url, count)]);
  return tabled(places, await inTurn(how, Object.fromEntries(measures)));
}

async function sweep(url, count) {
  const database = await opened(url);
  let server;
  try {
    await database.expire(count);
    let first;
    let last;
    const watching = until(
      async () => {
        const left = await database.expired();
        if (left < count) first ??= { left, at: performance.now() };
        last = performance.now();
        return left === 0;
      },
      'a sweep of all that has expired',
      { every: 2, milliseconds: 60_000 },
    );
    server = ours({ DATABASE_URL: url });
    await Promise.all([watching, server]);
    // Without the first thousand, which include the start of the server.
    return [((last - first.at) / first.left) * 1000];
  } finally {
    await (await server)?.stop();
    await database.close();
  }
}

/** Reads the results under `act size`: the time of each action, relative to that with the fewest rows. */
function tabled(places, found) {
  const fewest = places[0].size;
  const acts = Object.keys(found)
    .filter((name) => name.endsWith(` ${fewest}`))
    .map((name) => name.slice(0, -` ${fewest}`.length));
  return acts.flatMap((act) => {
    const cost = (size) => found[`${act} ${size}`].map((it) => (Array.isArray(it) ? at(it, 0.5) : 1000 / it.rate));
    const said = (size) =>
      Array.isArray(found[`${act} ${size}`][0])
        ? milliseconds(cost(size))
        : perSecond(cost(size).map((it) => 1000 / it));
    const others = places.slice(1).map(({ size }) => size);
    return others.map((size) =>
      ratio(`${act}: ${size.toLocaleString('en')}`, [said(size), said(fewest)], cost(size), cost(fewest), MOST),
    );
  });
}
