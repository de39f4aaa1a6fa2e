// `MULTI_SESSION_LIST_SCOPE=browser`, for account switchers written for the original plugin.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { clientOf, Jar, startOurs, startTheirs } from './harness.mjs';

const servers = {};
before(async () => {
  servers.theirs = await startTheirs();
  servers.ours = await startOurs({ MULTI_SESSION_LIST_SCOPE: 'browser' });
});
after(() => Promise.all(Object.values(servers).map((server) => server.stop())));

const ada = { name: 'Ada', email: 'ada@example.org', password: 'correct horse' };
const bob = { ...ada, name: 'Bob', email: 'bob@example.org' };

/** The names in the switcher: with two accounts, after a switch, after a revocation, and after a sign-in on another device. */
async function switcher({ origin }) {
  const [laptop, phone] = [clientOf(new Jar(origin)), clientOf(new Jar(origin))];
  const seen = [];
  const look = async () => {
    const { data } = await laptop.multiSession.listDeviceSessions();
    seen.push(data.map(({ user }) => user.name));
    return data;
  };
  await laptop.signUp.email(ada);
  await laptop.signUp.email(bob);
  await phone.signIn.email(ada);
  const [first, second] = await look();
  await laptop.multiSession.setActive({ sessionToken: first.session.token });
  await look();
  await laptop.multiSession.revoke({ sessionToken: second.session.token });
  await look();
  await laptop.signOut();
  await look();
  return seen;
}

test('the list is the same as in the original plugin: the accounts of this browser in cookie order', async () => {
  const [theirs, ours] = [await switcher(servers.theirs), await switcher(servers.ours)];
  assert.deepEqual(theirs, [['Ada', 'Bob'], ['Ada', 'Bob'], ['Ada'], []]);
  assert.deepEqual(ours, theirs);
});
