// The hook's atom beside the real server's stream: what it shows of other devices without a call of its own.

import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';

import { actors, clientOf, must, person } from './harness.mjs';
import { comeBack, leave, open, settled } from './page.mjs';

const LIST = 'GET /multi-session/list-device-sessions';

/** The statuses of the next streams that do not reach the server, as when a proxy has no server. */
const refusals = [];
/** The browser of the page: node has no EventSource, and this one sends its cookies. */
let jar;
const streams = [];
globalThis.EventSource = class extends EventTarget {
  static CLOSED = 2;
  readyState = 0;
  ending = new AbortController();
  /** It receives all later events. */
  live = new Promise((resolve) => this.addEventListener('snapshot', resolve, { once: true }));

  constructor(url) {
    super();
    streams.push(this);
    this.ended = this.read(url).catch((error) => assert.equal(error.name, 'AbortError'));
  }

  async read(url) {
    const headers = { cookie: jar.header };
    const answer = await (refusals.shift() ?? fetch(url, { headers, signal: this.ending.signal }));
    if (answer.status !== 200) {
      this.close();
      this.dispatchEvent(new Event('error'));
      return;
    }
    let text = '';
    for await (const part of answer.body.pipeThrough(new TextDecoderStream())) {
      const events = (text += part).split('\n\n');
      text = events.pop();
      for (const event of events) {
        const field = (name) => event.match(new RegExp(`^${name}: (.*)$`, 'm'))?.[1];
        if (field('event')) this.dispatchEvent(new MessageEvent(field('event'), { data: field('data') }));
      }
    }
  }

  get isOpen() {
    return !this.ending.signal.aborted;
  }

  close() {
    this.readyState = 2;
    this.ending.abort();
  }
};

let page;
afterEach(async () => {
  await page.close();
  await Promise.all(streams.map((stream) => stream.ended));
  assert.ok(!streams.splice(0).some((stream) => stream.isOpen), 'no stream without a page');
});

const { signedIn, signedUp } = actors(clientOf);

/** Ada's laptop with an open page, and her phone. */
async function household() {
  const ada = person('Ada');
  const laptop = await signedUp(ada, 'Laptop/1.0');
  const phone = await signedIn(ada, 'Phone/1.0');
  jar = laptop.jar;
  page = await open(laptop.client);
  assert.deepEqual(agents(), ['Laptop/1.0', 'Phone/1.0']);
  await streams[0].live;
  return { ada, phone, client: laptop.client, stream: streams[0] };
}

const agents = () => page.rows()?.map((row) => row.userAgent).toSorted();

/** Resolves when the atom shows what the condition says. */
const shows = (client, condition) =>
  new Promise((resolve) => {
    const unsubscribe = client.useListDeviceSessions.listen(look);
    look();
    function look() {
      if (!condition()) return;
      queueMicrotask(() => unsubscribe());
      resolve();
    }
  });

test('a sign-in and a sign-out on other devices are shown without a call', async () => {
  const { ada, client, phone } = await household();
  const tablet = await signedIn(ada, 'Tablet/1.0');
  await shows(client, () => agents().includes('Tablet/1.0'));
  must(await phone.client.signOut());
  must(await tablet.client.signOut());
  await shows(client, () => agents().length === 1);
});

test('a session that is revoked elsewhere is signed out, and its stream closes', async () => {
  const { client, phone, stream } = await household();
  must(await phone.client.multiSession.revokeOthers());
  await shows(client, () => page.rows()?.length === 0);
  await settled(client);
  assert.equal(page.name(), null);
  assert.deepEqual([stream.isOpen, streams.length], [false, 1]);
});

test('a call of this page is followed by one fetch, although the stream reports it too', async () => {
  const { client, stream } = await household();
  const reported = new Promise((resolve) => stream.addEventListener('session', resolve, { once: true }));
  must(await client.multiSession.revokeOthers());
  await reported;
  await settled(client);
  await pause(200);
  assert.deepEqual(client.sent, ['POST /multi-session/revoke-others', LIST]);
});

test('changes on other devices are shown without a fetch, which would be activity', async () => {
  const { ada, client, phone, stream } = await household();
  const rowOf = (agent) => page.rows().find((row) => row.userAgent === agent);
  const { id } = rowOf('Phone/1.0');
  must(await phone.client.multiSession.rename({ sessionId: id, name: 'Old phone' }));
  await shows(client, () => rowOf('Phone/1.0').device.label === 'Old phone');
  assert.equal(rowOf('Phone/1.0').name, 'Old phone');
  assert.equal(rowOf('Phone/1.0').device.kind, rowOf('Laptop/1.0').device.kind);

  const says = (data) => stream.dispatchEvent(new MessageEvent('session', { data: JSON.stringify(data) }));
  const device = { ...rowOf('Phone/1.0').device, browser: 'Firefox 146' };
  says({ type: 'moved', id, ipAddress: '203.0.113.9', place: 'Berlin', userAgent: 'Phone/1.0', device });
  const { ipAddress, place, device: shown } = rowOf('Phone/1.0');
  assert.deepEqual([ipAddress, place, shown], ['203.0.113.9', 'Berlin', device]);
  const before = rowOf('Phone/1.0').lastActiveAt;
  says({ type: 'touched', id, lastActiveAt: new Date(before.getTime() + 60_000) });
  assert.equal(rowOf('Phone/1.0').lastActiveAt.getTime(), before.getTime() + 60_000);
  says({ type: 'touched', id, lastActiveAt: before });
  assert.equal(rowOf('Phone/1.0').lastActiveAt.getTime(), before.getTime() + 60_000);
  says({ type: 'of a newer server', id });

  await signedIn(ada, 'Tablet/1.0');
  await shows(client, () => rowOf('Tablet/1.0'));
  const marked = { ...rowOf('Tablet/1.0'), newDevice: true };
  client.useListDeviceSessions.set({
    ...client.useListDeviceSessions.value,
    data: page.rows().map((row) => (row.id === marked.id ? marked : row)),
  });
  says({ type: 'recognized', id: marked.id });
  assert.equal(rowOf('Tablet/1.0').newDevice, false);
  says({ type: 'created', row: marked });
  assert.equal(page.rows().length, 3, 'the same sign-in twice is one row');
  assert.deepEqual(client.sent, []);
});

test('a change during a fetch is not lost to an older answer', async () => {
  const { client, stream } = await household();
  const { id } = page.rows().find((row) => !row.isCurrent);
  const list = client.useListDeviceSessions;
  const fetched = list.value.refetch();
  await shows(client, () => list.value.isRefetching);
  stream.dispatchEvent(new MessageEvent('session', { data: JSON.stringify({ type: 'ended', id }) }));
  await fetched;
  assert.deepEqual(agents(), ['Laptop/1.0']);
});

test('a refused stream is opened again, and the list catches up', async () => {
  const { ada, client, stream } = await household();
  refusals.push({ status: 502 }, { status: 429 });
  leave();
  comeBack();
  assert.equal(stream.isOpen, false);
  await shows(client, () => client.sent.includes(LIST));
  await settled(client);
  client.sent.length = 0;
  await signedIn(ada, 'Tablet/1.0');
  await shows(client, () => agents().includes('Tablet/1.0'));
  assert.deepEqual([refusals.length, streams.length], [0, 4]);
  assert.deepEqual(client.sent, [], 'only the first refusal fetches');
});

test('a hidden page has no stream, and catches up when the person returns', async () => {
  const { client, phone, stream } = await household();
  leave();
  assert.equal(stream.isOpen, false);
  const { id } = page.rows().find((row) => !row.isCurrent);
  must(await phone.client.multiSession.rename({ sessionId: id, name: 'Old phone' }));
  await pause(200);
  assert.deepEqual(client.sent, []);
  comeBack();
  await shows(client, () => page.rows().some((row) => row.name === 'Old phone'));
  assert.deepEqual([streams.length, streams[1].isOpen], [2, true]);
});
