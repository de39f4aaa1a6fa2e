// The hook's atom beside the real server's stream: what it shows of other devices without a call of its own.

import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';

import { actors, clientOf, must, person } from './harness.mjs';
import { comeBack, leave, open, settled } from './page.mjs';

const LIST = 'GET /multi-session/list-device-sessions';
const SESSION = 'GET /get-session';

/** The browser of the page: node has no EventSource, and this one sends its cookies. */
let jar;
const streams = [];
globalThis.EventSource = class extends EventTarget {
  ending = new AbortController();
  /** It receives all later events. */
  live = new Promise((resolve) => this.addEventListener('snapshot', resolve, { once: true }));

  constructor(url) {
    super();
    streams.push(this);
    this.ended = this.read(url).catch((error) => assert.equal(error.name, 'AbortError'));
  }

  async read(url) {
    const answer = await fetch(url, { headers: { cookie: jar.header }, signal: this.ending.signal });
    assert.equal(answer.status, 200);
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

test('activity is no reason to fetch, which would be activity', async () => {
  const { client, stream } = await household();
  const says = (data) => stream.dispatchEvent(new MessageEvent('session', { data: JSON.stringify(data) }));
  says({ type: 'touched', id: 'any', lastActiveAt: '2026-11-30T00:00:00.000Z' });
  await pause(200);
  assert.deepEqual(client.sent, []);
  says({ type: 'renamed', id: 'any', name: null, label: 'any' });
  says({ type: 'recognized', id: 'any' });
  await pause(200);
  await settled(client);
  assert.deepEqual(client.sent.toSorted(), [SESSION, LIST].toSorted(), 'once for both');
});

test('a hidden page has no stream, and catches up when the person returns', async () => {
  const { client, phone, stream } = await household();
  leave();
  assert.equal(stream.isOpen, false);
  must(await phone.client.signOut());
  await pause(200);
  assert.deepEqual(client.sent, []);
  comeBack();
  await shows(client, () => agents().length === 1);
  assert.deepEqual([streams.length, streams[1].isOpen], [2, true]);
});
