// The real client with our plugin against our server without eviction.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { actors, clientOf, must, person, refused } from './harness.mjs';

const { browser, signedIn, signedUp } = actors(clientOf, {
  MULTI_SESSION_MAXIMUM_SESSIONS: '2',
  MULTI_SESSION_REVOKE_OLDEST_ON_MAX: 'false',
});

test('signInInstead signs in and signs out the chosen device once', async () => {
  const ada = person('Ada');
  const laptop = await signedUp(ada, 'Laptop/1.0');
  const phone = await signedIn(ada, 'Phone/1.0');
  const { client, email } = browser('Desktop/1.0');
  const { error } = await client.signIn.email({ email: ada.email, password: ada.password });
  assert.deepEqual([error.status, error.code], [403, 'MAXIMUM_SESSIONS_REACHED']);
  const { ticket, devices } = error;
  assert.deepEqual(devices.map(({ session }) => session.token).sort(), [laptop.token, phone.token].sort());
  assert.ok(devices.every(({ lastActiveAt }) => lastActiveAt instanceof Date));
  client.sent.length = 0;
  const sessionId = devices.find(({ session }) => session.token === phone.token).id;
  const signedInInstead = must(await client.multiSession.signInInstead({ ticket, sessionId }));
  assert.deepEqual(client.sent, ['POST /multi-session/sign-in-instead']);
  assert.deepEqual([signedInInstead.redirect, signedInInstead.user.email], [false, ada.email]);
  assert.equal(must(await client.getSession()).session.token, signedInInstead.token);
  assert.deepEqual([await laptop.email(), await phone.email(), await email()], [ada.email, null, ada.email]);
  refused(
    await client.multiSession.signInInstead({ ticket, sessionId }),
    401, 'Unauthorized', 'INVALID_TICKET', 'Invalid or expired ticket',
  );
});
