// The real client with our plugin against our server: every call, and the requests that it sends.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { actors, clientOf, must, person, refused } from './harness.mjs';

const { browser, signedIn, signedUp } = actors(clientOf);

const emails = (rows) => rows.map((row) => row.user.email);
const idOf = async ({ client }) => must(await client.getSession()).session.id;

/** A laptop with two accounts, Ada's active, and Ada's phone. */
async function household() {
  const [ada, bob] = [person('Ada'), person('Bob')];
  const laptop = await signedUp(bob, 'Laptop/1.0');
  must(await laptop.client.signUp.email(ada));
  const phone = await signedIn(ada, 'Mozilla/5.0 (Android 15; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0');
  laptop.client.sent.length = 0;
  return { ada, bob, laptop, phone, multiSession: laptop.client.multiSession };
}

describe('multiSession', () => {
  test('listDeviceSessions has the fields that the types say', async () => {
    const { ada, laptop, phone, multiSession } = await household();
    const rows = must(await multiSession.listDeviceSessions());
    assert.deepEqual(laptop.client.sent, ['GET /multi-session/list-device-sessions']);
    assert.equal(rows.length, 3);
    const row = rows.find((it) => it.session.token === phone.token);
    const { createdAt, expiresAt, lastActiveAt } = row;
    for (const date of [createdAt, expiresAt, lastActiveAt]) assert.ok(date instanceof Date);
    const { updatedAt } = row.session;
    assert.ok(updatedAt instanceof Date && row.user.createdAt instanceof Date && row.user.updatedAt instanceof Date);
    const userAgent = 'Mozilla/5.0 (Android 15; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0';
    const ipAddress = '127.0.0.1';
    const id = await idOf(phone);
    assert.deepEqual(row, {
      id,
      userAgent,
      ipAddress,
      place: null,
      signedInFrom: { ipAddress, place: null, userAgent },
      lastActiveAt,
      isCurrent: false,
      isHeld: false,
      device: { browser: 'Firefox 145', os: 'Android', kind: 'phone', label: 'Firefox on Android' },
      name: null,
      sharedComputer: false,
      newDevice: true,
      signedInWith: "password",
      createdAt,
      expiresAt,
      session: { id, token: phone.token, userId: phone.user.id, expiresAt, createdAt, updatedAt, ipAddress, userAgent },
      user: { ...phone.user, email: ada.email, name: 'Ada', emailVerified: false, image: null },
    });
    assert.deepEqual([rows[0].isCurrent, rows[0].isHeld], [true, true]);
  });

  for (const [by, target] of [
    ['id', ({ id }) => ({ sessionId: id })],
    ['token', ({ session }) => ({ sessionToken: session.token })],
  ]) {
    test(`setActive and revoke by ${by}`, async () => {
      const { ada, bob, laptop, phone, multiSession } = await household();
      const rows = must(await multiSession.listDeviceSessions());
      const [bobs] = rows.filter((row) => row.user.email === bob.email);
      const [phones] = rows.filter((row) => !row.isHeld);
      assert.deepEqual(must(await multiSession.revoke(target(phones))), { status: true });
      assert.deepEqual([await laptop.email(), await phone.email()], [ada.email, null]);
      const { session, user } = must(await multiSession.setActive(target(bobs)));
      assert.deepEqual([session, user], [bobs.session, bobs.user]);
      assert.equal(await laptop.email(), bob.email);
      assert.deepEqual(
        laptop.client.sent.filter((it) => it.startsWith('POST')),
        ['POST /multi-session/revoke', 'POST /multi-session/set-active'],
      );
    });
  }

  test('revokeOthers is a POST, and the other account stays', async () => {
    const { ada, bob, laptop, phone, multiSession } = await household();
    assert.deepEqual(must(await multiSession.revokeOthers()), { status: true });
    assert.deepEqual(laptop.client.sent, ['POST /multi-session/revoke-others']);
    assert.deepEqual([await laptop.email(), await phone.email()], [ada.email, null]);
    assert.deepEqual(emails(must(await multiSession.listDeviceSessions())), [ada.email, bob.email]);
  });

  test('revokeAll is a POST, and the other account can be made active', async () => {
    const { bob, laptop, phone, multiSession } = await household();
    assert.deepEqual(must(await multiSession.revokeAll()), { status: true });
    assert.deepEqual(laptop.client.sent, ['POST /multi-session/revoke-all']);
    assert.deepEqual([await laptop.email(), await phone.email()], [null, null]);
    const [row, ...more] = must(await multiSession.listDeviceSessions());
    assert.deepEqual([row.user.email, row.isCurrent, row.isHeld, more], [bob.email, false, true, []]);
    must(await multiSession.setActive({ sessionId: row.id }));
    assert.equal(await laptop.email(), bob.email);
  });

  test('signOut ends the given scope, by default all accounts of this browser', async () => {
    const { ada, bob, laptop, phone, multiSession } = await household();
    const held = async () => emails(must(await multiSession.listDeviceSessions()).filter((row) => row.isHeld));
    must(await laptop.client.signOut({ scope: 'account' }));
    assert.deepEqual(await held(), [bob.email]);
    must(await laptop.client.signOut());
    assert.deepEqual([await held(), await phone.email()], [[], ada.email]);
  });

  test('reauthenticate keeps the session and replaces its token', async () => {
    const { ada, laptop, phone, multiSession } = await household();
    const before = must(await laptop.client.getSession()).session;
    laptop.client.sent.length = 0;
    refused(
      await multiSession.reauthenticate({ password: 'not the password' }),
      400, 'Bad Request', 'INVALID_PASSWORD', 'Invalid password',
    );
    const { session, user } = must(await multiSession.reauthenticate({ password: ada.password }));
    assert.deepEqual(laptop.client.sent, Array(2).fill('POST /multi-session/reauthenticate'));
    assert.equal(user.email, ada.email);
    assert.equal(session.id, before.id);
    assert.notEqual(session.token, before.token);
    assert.equal(must(await laptop.client.getSession()).session.token, session.token);
    assert.equal(await phone.email(), ada.email);
  });

  test('report ends the others and replaces the token of this one', async () => {
    const { laptop, phone, multiSession } = await household();
    const sessionId = await idOf(phone);
    const before = must(await laptop.client.getSession()).session;
    laptop.client.sent.length = 0;
    // The server of these tests sends no mail, so a report locks nothing.
    const reported = must(await multiSession.report({ sessionId }));
    assert.deepEqual(reported, { status: true, ended: 1, passwordLocked: false });
    assert.deepEqual(laptop.client.sent, ['POST /multi-session/report']);
    assert.equal(await phone.email(), null);
    const { session } = must(await laptop.client.getSession());
    assert.deepEqual([session.id, session.token === before.token], [before.id, false]);
    refused(
      await multiSession.report({ sessionId: session.id }),
      401, 'Unauthorized', 'INVALID_SESSION_TOKEN', 'Invalid session token',
    );
  });

  test('undoRevoke undoes a revocation once', async () => {
    const { ada, laptop, phone, multiSession } = await household();
    const sessionId = await idOf(phone);
    must(await multiSession.revoke({ sessionId }));
    assert.equal(await phone.email(), null);
    laptop.client.sent.length = 0;
    assert.deepEqual(must(await multiSession.undoRevoke({ sessionId })), { status: true });
    assert.deepEqual(laptop.client.sent, ['POST /multi-session/undo-revoke']);
    assert.equal(await phone.email(), ada.email);
    refused(
      await multiSession.undoRevoke({ sessionId }),
      403, 'Forbidden', 'UNDO_EXPIRED', 'The revocation can no longer be undone',
    );
  });

  test('rename names a device in every list', async () => {
    const { laptop, phone, multiSession } = await household();
    const sessionId = await idOf(phone);
    assert.deepEqual(must(await multiSession.rename({ sessionId, name: 'Pocket' })), { status: true });
    const called = async ({ client }) => {
      const row = must(await client.multiSession.listDeviceSessions()).find(({ id }) => id === sessionId);
      return [row.name, row.device.label];
    };
    for (const device of [laptop, phone]) assert.deepEqual(await called(device), ['Pocket', 'Pocket']);
    refused(
      await multiSession.rename({ sessionId, name: 'x'.repeat(101) }),
      400, 'Bad Request', 'INVALID_NAME', 'Invalid name',
    );
  });

  test('recognize needs a session that can confirm another', async () => {
    const { laptop, phone, multiSession } = await household();
    const sessionId = await idOf(phone);
    assert.deepEqual(must(await multiSession.recognize({ sessionId })), { status: true });
    const row = must(await multiSession.listDeviceSessions()).find(({ id }) => id === sessionId);
    assert.equal(row.newDevice, false);
    const eve = await signedUp(person('Eve'));
    refused(
      await eve.client.multiSession.recognize({ sessionId }),
      401, 'Unauthorized', 'INVALID_SESSION_TOKEN', 'Invalid session token',
    );
    assert.equal(laptop.client.sent.filter((sent) => sent === 'POST /multi-session/recognize').length, 1);
  });

  test('recently signed-out devices are listed with reason and actor', async () => {
    const { laptop, phone, multiSession } = await household();
    const sessionId = await idOf(phone);
    assert.deepEqual(must(await multiSession.listEndedDeviceSessions()), []);
    must(await multiSession.revoke({ sessionId }));
    const [ended, ...others] = must(await multiSession.listEndedDeviceSessions());
    assert.deepEqual(laptop.client.sent.at(-1), 'GET /multi-session/list-ended-device-sessions');
    assert.deepEqual([ended.id, ended.ending.reason, others], [sessionId, 'revoked', []]);
    assert.equal(ended.ending.by.id, await idOf(laptop));
    assert.ok(ended.ending.at instanceof Date && ended.lastActiveAt instanceof Date);
  });

  test('history returns entries in pages', async () => {
    const { laptop, phone, multiSession } = await household();
    const sessionId = await idOf(phone);
    must(await multiSession.revoke({ sessionId }));
    laptop.client.sent.length = 0;
    const { entries, next } = must(await multiSession.history({ query: { kinds: 'signed_in,ended', limit: 2 } }));
    assert.match(laptop.client.sent[0], /^GET \/multi-session\/history/);
    assert.equal(entries[0].kind, 'ended');
    assert.equal(entries[0].sessionId, sessionId);
    assert.equal(entries[0].reason, 'revoked');
    assert.ok(entries[0].at instanceof Date);
    assert.equal(next, entries[1].id);
    const rest = must(await multiSession.history({ query: { before: next } }));
    assert.ok(rest.entries.length >= 1 && rest.entries.every(({ id }) => id < next));
    refused(
      await multiSession.history({ query: { limit: 0 } }),
      400, 'Bad Request', 'VALIDATION_ERROR', '[query.limit] Invalid input: expected a number from 1 to 100',
    );
  });

  test('a refusal is returned as an error', async () => {
    const { phone, multiSession } = await household();
    const stranger = await signedUp(person('Eve'));
    const sessionId = await idOf(phone);
    const unknown = [401, 'Unauthorized', 'INVALID_SESSION_TOKEN', 'Invalid session token'];
    refused(await stranger.client.multiSession.revoke({ sessionId }), ...unknown);
    refused(await multiSession.setActive({ sessionId }), ...unknown);
    const nobody = browser().client.multiSession;
    for (const verb of ['revokeOthers', 'revokeAll']) {
      refused(await nobody[verb](), 401, 'Unauthorized', 'UNAUTHORIZED', 'Unauthorized');
    }
  });

  test('a call can throw, as all calls can', async () => {
    const { multiSession } = browser().client;
    await assert.rejects(multiSession.revokeAll({ fetchOptions: { throw: true } }), { status: 401 });
  });
});
