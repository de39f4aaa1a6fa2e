// The section `requests`: requests per second on one core, compared with better-auth and a bare Axum route.

import { Jar, PASSWORD } from '../harness.mjs';
import { LOAD, PAIR, SERVER } from './cores.mjs';
import { at, eachInTurn, steadily, written } from './load.mjs';
import { absolute, inTurn, median, milliseconds, perSecond, ratio, speed, table } from './report.mjs';
import { argon2id, asked, bare, ours, theirs } from './servers.mjs';
import { atFullSpeed } from './wrk.mjs';

const GET = '/api/auth/get-session';
const LIST = '/api/auth/multi-session/list-device-sessions';
const LIST_FN = '/fn/list-device-sessions';
const ACCOUNTS = 5;
/** How many people sign in at once. */
const AT_ONCE = 8;

export async function requests(how) {
  const servers = [];
  const started = async (server) => {
    servers.push(await server);
    return servers.at(-1);
  };
  try {
    await speeds(how, started);
    await signIns(how, started);
  } finally {
    for (const server of servers) await server.stop();
  }
}

async function speeds(how, started) {
  const here = await started(ours());
  const uncached = await started(ours({ MULTI_SESSION_SESSION_CACHE: '0' }));
  const there = await started(theirs());
  const one = async ({ origin }) => [await browser(origin, ['alone'])];
  const five = async ({ origin }) => [await browser(origin, accounts('account'))];
  const [mine, unkept, yours, myFive, yourFive] = [
    await one(here),
    await one(uncached),
    await one(there),
    await five(here),
    await five(there),
  ];
  const devices = [await fiveDevices(here.origin)];
  const answer = await asked(here.origin, GET, mine[0]);
  await asked(uncached.origin, GET, unkept[0]);
  await asked(there.origin, GET, yours[0]);
  for (const [server, [cookie]] of [
    [here, myFive],
    [there, yourFive],
    [here, devices],
  ]) {
    const { length } = JSON.parse((await asked(server.origin, LIST, cookie)).text);
    if (length !== ACCOUNTS) throw new Error(`a list of ${length} sessions instead of ${ACCOUNTS}`);
  }
  await asked(here.origin, '/sessions', devices[0]);
  const route = await started(bare(answer));

  const found = await inTurn(how, {
    get: () => atFullSpeed(here, GET, mine, how.load),
    bare: () => atFullSpeed(route, GET, mine, how.load),
    theirGet: () => atFullSpeed(there, GET, yours, how.load),
    uncached: () => atFullSpeed(uncached, GET, unkept, how.load),
    list: () => atFullSpeed(here, LIST, myFive, how.load),
    theirList: () => atFullSpeed(there, LIST, yourFive, how.load),
    devices: () => atFullSpeed(here, LIST, devices, how.load),
    serverFn: () => atFullSpeed(here, LIST_FN, devices, how.load),
    page: () => atFullSpeed(here, '/sessions', devices, how.load),
  });
  const rates = Object.fromEntries(Object.entries(found).map(([name, all]) => [name, all.map(({ rate }) => rate)]));
  const compare = (what, one, other, target) =>
    ratio(what, [speed(found[one]), speed(found[other])], rates[one], rates[other], target);
  table(how, `one core, ${how.load.connections} connections`, [
    compare('get-session : better-auth', 'get', 'theirGet', { least: 50 }),
    compare('get-session : a bare Axum route', 'get', 'bare', { least: 0.5 }),
    compare('get-session without the cache : with it', 'uncached', 'get'),
    compare('list-device-sessions, 5 accounts : better-auth', 'list', 'theirList', { least: 30 }),
    compare('list-device-sessions, 5 devices : get-session', 'devices', 'get'),
    compare('the server function of the list : the list', 'serverFn', 'devices'),
    compare('the page /sessions with 5 devices : the list', 'page', 'devices'),
  ]);

  const rate = Math.max(20, Math.floor(median(rates.get) / 10));
  const spin = !how.short && LOAD[0] !== SERVER[0];
  const slow = ({ origin }) =>
    steadily(origin, always(written(origin, GET, { cookie: mine[0] })), { rate, seconds: how.load.seconds, spin });
  const steady = await inTurn(how, { get: () => slow(here), bare: () => slow(route) });
  const p99 = Object.fromEntries(
    Object.entries(steady).map(([name, all]) => [name, all.map(({ times }) => at(times, 0.99))]),
  );
  const p50 = (name) => milliseconds(steady[name].map(({ times }) => at(times, 0.5)));
  const late = milliseconds(steady.get.map(({ late }) => late));
  table(how, `${rate} requests a second, a tenth; 99 of 100 were sent ${late} late at most`, [
    absolute('get-session, p99 : a bare route', [milliseconds(p99.get), milliseconds(p99.bare)], p99.get, {
      most: 1,
      unit: ' ms',
    }),
    absolute(
      'the same, p50',
      [p50('get'), p50('bare')],
      steady.get.map(({ times }) => at(times, 0.5)),
    ),
  ]);
}

/** As many sign-ins as possible on two cores, with some reads at the same time, compared with argon2id alone. */
async function signIns(how, started) {
  const seconds = how.short ? 1 : 5;
  const rate = 50;
  const here = await started(ours({}, PAIR));
  const cookie = await browser(here.origin, ['reader']);
  const emails = accounts('user', 2 * AT_ONCE);
  for (const name of emails) await browser(here.origin, [name]);
  const route = await started(bare(await asked(here.origin, GET, cookie), PAIR));
  const signIn = emails.map((name) =>
    written(here.origin, '/api/auth/sign-in/email', { body: { email: `${name}@example.org`, password: PASSWORD } }),
  );
  const reading = ({ origin }) => steadily(origin, always(written(origin, GET, { cookie })), { rate, seconds });
  const found = await inTurn(
    { ...how, short: false },
    {
      signIn: async () => {
        const began = performance.now();
        const [times, read] = await Promise.all([
          eachInTurn(here.origin, (number) => signIn[number % signIn.length], { seconds, connections: AT_ONCE }),
          reading(here),
        ]);
        return { rate: times.length / ((performance.now() - began) / 1000), p99: at(read.times, 0.99) };
      },
      raw: async () => {
        const [rate, read] = await Promise.all([argon2id(PAIR, seconds), reading(route)]);
        return { rate, p99: at(read.times, 0.99) };
      },
    },
  );
  const rates = (name) => found[name].map(({ rate }) => rate);
  const p99 = (name) => found[name].map(({ p99 }) => p99);
  table(how, `two cores, ${AT_ONCE} sign in at once, ${rate} requests a second beside them`, [
    ratio(
      'sign-in : argon2id alone',
      ['signIn', 'raw'].map((it) => perSecond(rates(it))),
      rates('signIn'),
      rates('raw'),
      { least: 0.95 },
    ),
    absolute(
      'get-session beside sign-ins, p99 : a bare route beside argon2id',
      ['signIn', 'raw'].map((it) => milliseconds(p99(it))),
      p99('signIn'),
      {
        most: 5,
        unit: ' ms',
      },
    ),
  ]);
}

const always = (bytes) => () => bytes;
const accounts = (name, count = ACCOUNTS) => Array.from({ length: count }, (_, number) => `${name}${number}`);

/** The cookies of a browser in which these people have signed up. */
async function browser(origin, names) {
  const jar = new Jar(origin);
  for (const name of names)
    await sent(jar, 'sign-up/email', { name: 'A user', email: `${name}@example.org`, password: PASSWORD });
  return jar.header;
}

/** The cookies of the last of one person's five devices. */
async function fiveDevices(origin) {
  await browser(origin, ['devices']);
  const jars = Array.from({ length: ACCOUNTS - 1 }, () => new Jar(origin));
  for (const jar of jars) await sent(jar, 'sign-in/email', { email: 'devices@example.org', password: PASSWORD });
  return jars.at(-1).header;
}

async function sent(jar, route, body) {
  const headers = { origin: jar.origin, 'content-type': 'application/json' };
  const answer = await jar.send({ method: 'POST', path: `/api/auth/${route}`, headers, body: JSON.stringify(body) });
  if (answer.status !== 200) throw new Error(`${route}: ${answer.status} ${answer.text}`);
}
