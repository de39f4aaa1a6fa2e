// The section `streams`: many open streams on one node, with a PostgreSQL that waits for its disk. Sessions are revoked
// meanwhile, and all streams of their users must get the events.

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
/** The number of sessions of a user: one with streams, and the others to revoke. */
const SESSIONS = 11;
const LEAST = 300;
/** The share of the measured maximum at which the second measurement runs. */
const SHARE = 0.8;

export async function streams(how) {
  const { short } = how;
  const count = short ? 100 : Number(process.env.BENCH_STREAMS ?? 10_000);
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
      // One network may have a tenth of the streams, so each user sends another address.
      MULTI_SESSION_TRUSTED_PROXIES: '127.0.0.1',
    });
    for (const { sessions } of users.slice(0, 100))
      await asked(server.origin, '/api/auth/get-session', sessions[0].cookie);
    const before = await resident(server.pid);
    const heard = Object.assign(new Map(), { anew: 0 });
    const began = performance.now();
    await open(server.origin, users, heard, sockets);
    say(`${count} streams are open after ${((performance.now() - began) / 1000).toFixed(1)} s`);
    await pause(short ? 100 : 2_000);
    const each = ((await resident(server.pid)) - before) / count;

    const revoke = revocations(server.origin, users);
    const told = (rate) => revokedAt(rate, seconds, server, revoke, heard);
    const memory = absolute(
      'memory of a stream',
      [`${each.toFixed(1)} kB`, `${(before / 1024).toFixed(0)} MB without any`],
      [each],
    );
    const least = short ? 20 : LEAST;
    const title = `${count} streams, ${EACH} of each user`;
    table(how, `${title}, ${least} revocations a second for ${seconds} s`, [...(await told(least)), memory]);
    if (short) return;

    const flushes = await database.flushes(2);
    // Measure the maximum rate for a moment, to choose the rate of the measurement.
    const most = (await eachInTurn(server.origin, revoke.next, { seconds: 2, connections: 32 })).length / 2;
    await revoke.areHeard(heard);
    say(`the log takes ${flushes.toFixed(0)} commits a second, one by one; ${most.toFixed(0)} revocations at most`);
    const rate = Math.floor(Math.min(SHARE * Math.min(flushes, most), revoke.left() / seconds));
    table(how, `${title}, ${rate} revocations a second for ${seconds} s`, await told(rate));
  } finally {
    for (const socket of sockets) socket.destroy();
    // An overloaded server may not stop in time. Log that, so that it does not hide the first error.
    await server?.stop().catch(console.error);
    await database?.close();
    await drop();
  }
}

/** Revokes at a rate, and returns rows with the times until all streams got the events. */
async function revokedAt(rate, seconds, server, revoke, heard) {
  const first = revoke.asked.length;
  const anew = heard.anew;
  const spent = await processorTime(server.pid);
  const { due, answered } = await steadily(server.origin, revoke.next, { rate, seconds, connections: 64 }).catch(
    (error) => {
      const what = `${rate} revocations a second are too many: ${heard.anew - anew} times a stream had to ask for its list anew`;
      throw new Error(what, { cause: error });
    },
  );
  const micros = (((await processorTime(server.pid)) - spent) * 1e6) / due.length;
  const lost = await revoke.areHeard(heard);
  if (lost) throw new Error(`${lost} streams did not hear of a revocation`);
  const last = revoke.asked.slice(first).map((id) => heard.get(id).last);
  const since = (times) => last.map((told, index) => Math.max(0, told - times[index]));
  const p95 = (what, times, target) => {
    const [half, most] = [0.5, 0.95].map((share) => at(since(times), share));
    return absolute(what, [`${most.toFixed(1)} ms`, `p50 ${half.toFixed(1)} ms`], [most], target);
  };
  return [
    p95('told to all streams of the user after the answer, p95', answered, { most: 100, unit: ' ms' }),
    p95('the same after the request was due, p95', due),
    absolute('not told', [String(lost), `of ${due.length * EACH}`], [lost], { most: 0 }),
    absolute('had to ask for its list anew', [String(heard.anew - anew), ''], [heard.anew - anew]),
    absolute('processor time of the node for each', [`${micros.toFixed(0)} µs`, ''], [micros]),
  ];
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

/** Opens the streams of all users, and counts in `heard` the events of each revoked session, with the time of the last. */
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
        for (const _ of text.matchAll(/^event: resync/gm)) heard.anew += 1;
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

/** Revokes the second session of every user, then the third of every user, and so on. */
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
  /** Waits at most five seconds until all streams got all events, and returns how many events are missing. */
  const areHeard = async (heard) => {
    const missing = () => asked.reduce((sum, id) => sum + EACH - (heard.get(id)?.count ?? 0), 0);
    await until(() => missing() <= 0, 'all streams heard of all', { milliseconds: 5_000, every: 50 }).catch(() => {});
    return missing();
  };
  return { asked, next, areHeard, left: () => users.length * (SESSIONS - 1) - asked.length };
}
