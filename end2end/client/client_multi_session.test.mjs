// The real better-auth client with its multi-session plugin, unchanged, against our server.
// Each jar is a browser. Each test has its own users.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { actors, must, person, refused } from './harness.mjs';

const { assertOut, browser, signedIn, signedUp } = actors();

const emails = (rows) => rows.map((row) => row.user.email);

describe('multiSession as in the original plugin', () => {
  test('listDeviceSessions lists the accounts of this browser', async () => {
    const [ada, bob] = [person('Ada'), person('Bob')];
    const laptop = await signedUp(ada);
    must(await laptop.client.signUp.email(bob));
    const rows = must(await laptop.client.multiSession.listDeviceSessions());
    assert.deepEqual(emails(rows).sort(), [ada.email, bob.email]);
    for (const { session, user } of rows) {
      assert.equal(session.userId, user.id);
      assert.ok(session.expiresAt instanceof Date && user.createdAt instanceof Date);
    }
    assert.deepEqual(must(await browser().client.multiSession.listDeviceSessions()), []);
  });

  test('setActive({sessionToken}) switches the account', async () => {
    const [ada, bob] = [person('Ada'), person('Bob')];
    const laptop = await signedUp(ada);
    must(await laptop.client.signUp.email(bob));
    assert.equal(await laptop.email(), bob.email);
    const answer = must(await laptop.client.multiSession.setActive({ sessionToken: laptop.token }));
    assert.equal(answer.user.email, ada.email);
    assert.equal(answer.session.token, laptop.token);
    assert.ok(answer.session.createdAt instanceof Date);
    assert.equal(await laptop.email(), ada.email);
  });

  test('setActive refuses a session of another browser', async () => {
    const ada = person();
    const [laptop, phone] = [await signedUp(ada), await signedIn(ada)];
    const answer = await laptop.client.multiSession.setActive({ sessionToken: phone.token });
    refused(answer, 401, 'Unauthorized', 'INVALID_SESSION_TOKEN', 'Invalid session token');
    assert.equal(must(await laptop.client.getSession()).session.token, laptop.token);
  });

  test('revoke({sessionToken}) of the active session activates the next', async () => {
    const [ada, bob] = [person('Ada'), person('Bob')];
    const laptop = await signedUp(ada);
    const { token } = must(await laptop.client.signUp.email(bob));
    const before = laptop.jar.header;
    assert.deepEqual(must(await laptop.client.multiSession.revoke({ sessionToken: token })), { status: true });
    assert.equal(await laptop.email(), ada.email);
    assert.deepEqual(emails(must(await laptop.client.multiSession.listDeviceSessions())), [ada.email]);
    await assertOut(before);

    must(await laptop.client.multiSession.revoke({ sessionToken: laptop.token }));
    assert.equal(await laptop.email(), null);
    assert.equal(laptop.jar.sessions.size, 0);
  });

  test("revoke refuses sessions that are neither held nor the user's", async () => {
    const laptop = await signedUp(person());
    const bob = await signedUp(person('Bob'));
    const answer = await laptop.client.multiSession.revoke({ sessionToken: bob.token });
    refused(answer, 401, 'Unauthorized', 'INVALID_SESSION_TOKEN', 'Invalid session token');
    assert.equal(await bob.email(), bob.user.email);
  });
});

describe('multiSession as in our plugin', () => {
  /** A laptop with two accounts, Ada's active, and Ada's phone. */
  async function household() {
    const [ada, bob] = [person('Ada'), person('Bob')];
    const laptop = await signedUp(bob, 'Laptop/1.0');
    must(await laptop.client.signUp.email(ada));
    const phone = await signedIn(ada, 'Phone/1.0');
    return { ada, bob, laptop, phone, multiSession: laptop.client.multiSession };
  }
  const idOf = async ({ client }) => must(await client.getSession()).session.id;

  test('listDeviceSessions() lists devices and accounts, the current one first', async () => {
    const { ada, bob, laptop, phone, multiSession } = await household();
    const sessions = await multiSession.listDeviceSessions();
    const rows = must(sessions);
    assert.equal(rows.length, 3);
    const [current, ...others] = rows;
    assert.equal(current.id, await idOf(laptop));
    assert.equal(current.userAgent, 'Laptop/1.0');
    assert.equal(current.ipAddress, '127.0.0.1');
    assert.ok(current.lastActiveAt instanceof Date);
    assert.deepEqual([current.isCurrent, current.isHeld], [true, true]);
    const byId = Object.fromEntries(others.map((row) => [row.id, row]));
    const elsewhere = byId[await idOf(phone)];
    assert.deepEqual(
      [elsewhere.userAgent, elsewhere.user.email, elsewhere.isCurrent, elsewhere.isHeld],
      ['Phone/1.0', ada.email, false, false],
    );
    const held = others.find((row) => row !== elsewhere);
    assert.deepEqual([held.user.email, held.isCurrent, held.isHeld], [bob.email, false, true]);
  });

  test('setActive({ sessionId }) switches session', async () => {
    const { ada, bob, laptop, phone, multiSession } = await household();
    const rows = must(await multiSession.listDeviceSessions());
    const session_123 = rows.find((row) => row.user.email === bob.email).id;
    const answer = await multiSession.setActive({ sessionId: session_123 });
    assert.equal(must(answer).session.id, session_123);
    assert.equal(await laptop.email(), bob.email);
    // Bob's list does not have Ada's phone, which this browser does not hold.
    assert.deepEqual(emails(must(await multiSession.listDeviceSessions())), [bob.email, ada.email]);
    const foreign = await multiSession.setActive({ sessionId: await idOf(phone) });
    refused(foreign, 401, 'Unauthorized', 'INVALID_SESSION_TOKEN', 'Invalid session token');
  });

  test('revoke({ sessionId }) revokes a session on any device immediately', async () => {
    const { ada, laptop, phone, multiSession } = await household();
    const session_123 = await idOf(phone);
    const phoneHeader = phone.jar.header;
    assert.deepEqual(must(await multiSession.revoke({ sessionId: session_123 })), { status: true });
    await assertOut(phoneHeader);
    assert.equal(await phone.email(), null);
    assert.equal(await laptop.email(), ada.email);
    const again = await multiSession.revoke({ sessionId: session_123 });
    refused(again, 401, 'Unauthorized', 'INVALID_SESSION_TOKEN', 'Invalid session token');
  });

  test('revokeOthers() ends all except the current one', async () => {
    const { ada, bob, laptop, phone, multiSession } = await household();
    const tablet = await signedIn(ada);
    const answer = await multiSession.revokeOthers();
    assert.deepEqual(must(answer), { status: true });
    assert.deepEqual([await laptop.email(), await phone.email(), await tablet.email()], [ada.email, null, null]);
    assert.deepEqual(emails(must(await multiSession.listDeviceSessions())), [ada.email, bob.email]);
  });

  test('revokeAll() ends all, and the other account stays held', async () => {
    const { bob, laptop, phone, multiSession } = await household();
    const answer = await multiSession.revokeAll();
    assert.deepEqual(must(answer), { status: true });
    assert.deepEqual([await laptop.email(), await phone.email()], [null, null]);
    const rows = must(await multiSession.listDeviceSessions());
    assert.deepEqual(emails(rows), [bob.email]);
    assert.deepEqual([rows[0].isCurrent, rows[0].isHeld], [false, true]);
    must(await multiSession.setActive({ sessionId: rows[0].id }));
    assert.equal(await laptop.email(), bob.email);
  });

  test('revokeOthers() and revokeAll() need a session', async () => {
    const { multiSession } = browser().client;
    for (const verb of ['revokeOthers', 'revokeAll']) {
      refused(await multiSession[verb](), 401, 'Unauthorized', 'UNAUTHORIZED', 'Unauthorized');
    }
  });

  test('revokeOthers and revokeAll may be sent as POST', async () => {
    const { laptop, phone, multiSession } = await household();
    assert.deepEqual(must(await multiSession.revokeOthers({ fetchOptions: { method: 'POST' } })), { status: true });
    assert.equal(await phone.email(), null);
    assert.deepEqual(must(await multiSession.revokeAll({ fetchOptions: { method: 'POST' } })), { status: true });
    assert.equal(await laptop.email(), null);
  });

  test('a link, a form or an image of another site revokes nothing', async () => {
    const { ada, laptop, phone } = await household();
    const from = [
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' },
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' },
      { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors' },
      { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'navigate' },
      {},
    ];
    for (const verb of ['revoke-others', 'revoke-all']) {
      for (const headers of from) {
        const path = `/api/auth/multi-session/${verb}`;
        const { status, text } = await laptop.jar.send({ method: 'GET', path, headers });
        assert.equal(status, 403, JSON.stringify(headers));
        assert.equal(JSON.parse(text).code, 'CROSS_SITE_GET_BLOCKED');
      }
    }
    assert.deepEqual([await laptop.email(), await phone.email()], [ada.email, ada.email]);
  });

  test('the sixth sign-in ends the oldest session', async () => {
    const ada = person();
    const first = await signedUp(ada);
    const firstHeader = first.jar.header;
    const others = [];
    for (let i = 0; i < 5; i++) others.push(await signedIn(ada));
    await assertOut(firstHeader);
    assert.equal(await first.email(), null);
    for (const other of others) assert.equal(await other.email(), ada.email);
    assert.equal(must(await others[0].client.multiSession.listDeviceSessions()).length, 5);
  });
});
