// The real better-auth client, unchanged, against our server: accounts, sessions and passwords.
// Each jar is a browser. Each test has its own users.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { PASSWORD, actors, must, person, refused } from './harness.mjs';

const { assertOut, browser, signedIn, signedUp } = actors();

const emails = (rows) => rows.map((row) => row.user.email);

describe('sign-up, sign-in, sign-out', () => {
  test('signUp.email makes a user and signs in', async () => {
    const ada = person();
    const { client, jar, token, user } = await signedUp({ ...ada, email: ada.email.toUpperCase() });
    assert.match(token, /^[a-z0-9]{32}$/);
    assert.equal(user.email, ada.email);
    assert.equal(user.name, 'Ada');
    assert.equal(user.emailVerified, false);
    assert.ok(user.createdAt instanceof Date);
    assert.equal(must(await client.getSession()).session.token, token);
    assert.deepEqual([...jar.sessions.keys()].sort(), [
      'multi-session.session_token',
      `multi-session.session_token_multi-${token}`,
    ]);
  });

  test('signIn.email signs in on a second browser', async () => {
    const ada = person();
    const laptop = await signedUp(ada);
    const phone = await signedIn(ada);
    assert.notEqual(phone.token, laptop.token);
    assert.equal(phone.user.id, laptop.user.id);
    assert.equal(await phone.email(), ada.email);
    assert.equal(await laptop.email(), ada.email);
  });

  test('a wrong password and an unknown email get the same answer', async () => {
    const ada = person();
    await signedUp(ada);
    const { client, jar } = browser();
    for (const { email } of [ada, person()]) {
      const answer = await client.signIn.email({ email, password: 'wrong horse' });
      refused(answer, 401, 'Unauthorized', 'INVALID_EMAIL_OR_PASSWORD', 'Invalid email or password');
    }
    assert.equal(jar.sessions.size, 0);
  });

  test('an email has only one account', async () => {
    const ada = person();
    await signedUp(ada);
    refused(
      await browser().client.signUp.email(ada),
      422,
      'Unprocessable Entity',
      'USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL',
      'User already exists. Use another email.',
    );
  });

  test('signOut ends every account of this browser and no other browser', async () => {
    const [ada, bob] = [person('Ada'), person('Bob')];
    const laptop = await signedUp(ada);
    const phone = await signedIn(ada);
    must(await laptop.client.signUp.email(bob));
    const before = laptop.jar.header;
    assert.deepEqual(must(await laptop.client.signOut()), { success: true });
    assert.equal(laptop.jar.sessions.size, 0);
    assert.equal(await laptop.email(), null);
    assert.equal(await phone.email(), ada.email);
    await assertOut(before);
  });
});

describe('getSession', () => {
  test('returns the session and the user, with dates', async () => {
    const { client, token, user } = await signedUp(person(), 'Mozilla/5.0 (X11; Linux x86_64) Firefox/145.0');
    const { session, user: seen } = must(await client.getSession());
    assert.deepEqual(seen, user);
    assert.equal(session.token, token);
    assert.equal(session.userId, user.id);
    assert.equal(session.ipAddress, '127.0.0.1');
    assert.equal(session.userAgent, 'Mozilla/5.0 (X11; Linux x86_64) Firefox/145.0');
    for (const date of ['createdAt', 'updatedAt', 'expiresAt']) assert.ok(session[date] instanceof Date, date);
    assert.ok(seen.createdAt instanceof Date && seen.updatedAt instanceof Date);
    assert.equal(session.expiresAt - session.createdAt, 30 * 24 * 60 * 60 * 1000);
  });

  test('is null for a browser that never signed in', async () => {
    assert.deepEqual(await browser().client.getSession(), { data: null, error: null });
  });
});

describe('the sessions of a user', () => {
  test('listSessions lists every browser of the user', async () => {
    const ada = person();
    const laptop = await signedUp(ada);
    const phone = await signedIn(ada);
    await signedUp(person('Bob'));
    const sessions = must(await laptop.client.listSessions());
    assert.deepEqual(sessions.map((it) => it.token).sort(), [laptop.token, phone.token].sort());
    for (const session of sessions) assert.ok(session.expiresAt instanceof Date);
    refused(await browser().client.listSessions(), 401, 'Unauthorized', 'UNAUTHORIZED', 'Unauthorized');
  });

  test('revokeSession signs the other browser out immediately', async () => {
    const ada = person();
    const laptop = await signedUp(ada);
    const phone = await signedIn(ada);
    const phoneHeader = phone.jar.header;
    assert.deepEqual(must(await laptop.client.revokeSession({ token: phone.token })), { status: true });
    await assertOut(phoneHeader);
    assert.equal(await phone.email(), null);
    assert.equal(await laptop.email(), ada.email);
  });

  test('revokeSession does not end sessions of another user', async () => {
    const laptop = await signedUp(person());
    const bob = await signedUp(person('Bob'));
    assert.deepEqual(must(await laptop.client.revokeSession({ token: bob.token })), { status: true });
    assert.equal(await bob.email(), bob.user.email);
  });

  test('revokeOtherSessions keeps only this browser', async () => {
    const ada = person();
    const [laptop, phone, tablet] = [await signedUp(ada), await signedIn(ada), await signedIn(ada)];
    assert.deepEqual(must(await laptop.client.revokeOtherSessions()), { status: true });
    assert.deepEqual([await laptop.email(), await phone.email(), await tablet.email()], [ada.email, null, null]);
    assert.equal(must(await laptop.client.listSessions()).length, 1);
  });

  test('revokeSessions ends all sessions including this one', async () => {
    const ada = person();
    const [laptop, phone] = [await signedUp(ada), await signedIn(ada)];
    const bob = await signedUp(person('Bob'));
    assert.deepEqual(must(await laptop.client.revokeSessions()), { status: true });
    assert.deepEqual([await laptop.email(), await phone.email()], [null, null]);
    assert.equal(await bob.email(), bob.user.email);
  });
});

describe('changePassword', () => {
  test('changes the password and keeps the sessions', async () => {
    const ada = person();
    const [laptop, phone] = [await signedUp(ada), await signedIn(ada)];
    const changed = must(
      await laptop.client.changePassword({ currentPassword: PASSWORD, newPassword: 'another horse' }),
    );
    assert.equal(changed.token, null);
    assert.equal(changed.user.id, laptop.user.id);
    assert.deepEqual([await laptop.email(), await phone.email()], [ada.email, ada.email]);
    assert.equal((await browser().client.signIn.email(ada)).error.code, 'INVALID_EMAIL_OR_PASSWORD');
    await signedIn({ ...ada, password: 'another horse' });
  });

  test('with revokeOtherSessions every other browser is signed out and this one gets a new session', async () => {
    const ada = person();
    const [laptop, phone] = [await signedUp(ada), await signedIn(ada)];
    const [laptopHeader, phoneHeader] = [laptop.jar.header, phone.jar.header];
    const request = { currentPassword: PASSWORD, newPassword: 'another horse', revokeOtherSessions: true };
    const { token } = must(await laptop.client.changePassword(request));
    assert.match(token, /^[a-z0-9]{32}$/);
    assert.notEqual(token, laptop.token);
    assert.equal(must(await laptop.client.getSession()).session.token, token);
    await assertOut(laptopHeader);
    await assertOut(phoneHeader);
    assert.deepEqual(emails(must(await laptop.client.multiSession.listDeviceSessions())), [ada.email]);
  });

  test('a wrong current password changes nothing', async () => {
    const ada = person();
    const laptop = await signedUp(ada);
    const request = { currentPassword: 'wrong horse', newPassword: 'another horse', revokeOtherSessions: true };
    const answer = await laptop.client.changePassword(request);
    refused(answer, 400, 'Bad Request', 'INVALID_PASSWORD', 'Invalid password');
    assert.equal(await laptop.email(), ada.email);
    await signedIn(ada);
  });
});
