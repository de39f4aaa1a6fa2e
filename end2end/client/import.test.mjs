// Imports from Better Auth, with databases that the real one has just written.

import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { mkdtemp, readdir } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { admin, twoFactor } from 'better-auth/plugins';

import { Jar, SECRET, clientOf, importFrom, must, person, startOurs, theirDatabase } from './harness.mjs';

for (const kind of ['sqlite', 'postgres']) {
  test(`users who could not sign in by password alone cannot here either, from ${kind}`, async () => {
    const theirs = await theirDatabase(kind, { plugins: [admin(), twoFactor()] });
    const folder = await mkdtemp(path.join(os.tmpdir(), 'import-'));
    const target = `sqlite://${path.join(folder, 'ours')}.db`;
    try {
      const [banned, careful, free] = ['Banned', 'Careful', 'Free'].map((name) => person(name));
      for (const one of [banned, careful, free]) {
        await theirs.send(new Jar('http://127.0.0.1:3999'), 'sign-up/email', one);
      }
      const yes = kind === 'sqlite' ? '1' : 'true';
      await theirs.run(`update "user" set banned = ${yes}, "banReason" = 'spam' where email = '${banned.email}'`);
      await theirs.run(`update "user" set "twoFactorEnabled" = ${yes} where email = '${careful.email}'`);
      await theirs.run(
        `update session set "impersonatedBy" = 'root'
         where "userId" = (select id from "user" where email = '${free.email}')`,
      );
      const told = await importFrom(theirs.url, target, { secret: SECRET });
      assert.match(told, /users: 3 imported, 0 updated, 0 unchanged, 0 expired, 0 broken/);
      assert.match(told, /banned in the source: 1 user/);
      assert.match(told, /two-factor authentication in the source: 1 user/);
      assert.match(told, /impersonatedBy\): 1, skipped/);
      assert.match(told, /not understood and not imported: user\.role, user\.banReason\n/);
      const server = await startOurs({ DATABASE_URL: target });
      try {
        const signIn = (one) => clientOf(new Jar(server.origin)).signIn.email(one);
        assert.equal((await signIn(banned)).error.code, 'USER_DISABLED');
        assert.equal((await signIn(careful)).error.code, 'TWO_FACTOR_REQUIRED');
        must(await signIn(free));
      } finally {
        await server.stop();
      }
    } finally {
      await theirs.close();
      rmSync(folder, { recursive: true, force: true });
    }
  });
}

for (const kind of ['sqlite', 'postgres']) {
  describe(`from ${kind}`, () => {
    let theirs, folder, laptop, phone, shared, once, gone;
    const [ada, grace, mary, social] = ['Ada', 'Grace', 'Mary', 'Sophie'].map((name) => person(name));

    before(async () => {
      theirs = await theirDatabase(kind);
      folder = await mkdtemp(path.join(os.tmpdir(), 'import-'));
      [laptop, phone, shared, once, gone] = Array.from({ length: 5 }, () => new Jar('http://127.0.0.1:3999'));
      laptop.userAgent = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:145.0) Gecko/20100101 Firefox/145.0';
      await theirs.send(laptop, 'sign-up/email', ada);
      await theirs.send(phone, 'sign-in/email', ada);
      await theirs.send(shared, 'sign-up/email', mary);
      await theirs.send(shared, 'sign-up/email', grace);
      await theirs.send(once, 'sign-in/email', { ...ada, rememberMe: false });
      await theirs.send(gone, 'sign-in/email', ada);
      gone.kept = gone.movedTo('');
      await theirs.send(gone, 'sign-out', {});
      const none = new Jar('http://127.0.0.1:3999');
      await theirs.send(none, 'sign-up/email', social);
      const session = await theirs.send(none, 'get-session');
      // A user without a password, as after a sign-in by GitHub, and a session that was not used for a week.
      await theirs.run(`delete from account where "userId" = '${session.user.id}'`);
      const past = kind === 'sqlite' ? '2020-01-01T00:00:00.000Z' : '2020-01-01';
      await theirs.run(`update session set "expiresAt" = '${past}' where id = '${session.session.id}'`);
    });
    after(async () => {
      await theirs?.close();
      rmSync(folder, { recursive: true, force: true });
    });

    const target = (name) => `sqlite://${path.join(folder, name)}.db`;
    const ours = (name) =>
      startOurs({ DATABASE_URL: target(name), MULTI_SESSION_COOKIE_PREFIX: 'better-auth' });
    const who = async (jar) => must(await clientOf(jar).getSession())?.user.email ?? null;

    test('the import signs nobody out and passwords work', async () => {
      const told = await importFrom(theirs.url, target('all'), { secret: SECRET });
      assert.match(told, /users: 4 imported, 0 updated, 0 unchanged, 0 expired, 0 broken/);
      assert.match(told, /passwords: 3 imported/);
      assert.match(told, /sessions: 5 imported, 0 updated, 0 unchanged, 1 expired, 0 broken, 0 ended in the source since/);
      for (const secret of [SECRET, ada.email, ada.name]) assert.ok(!told.includes(secret), told);

      const server = await ours('all');
      try {
        const [onLaptop, onPhone, onShared, onOnce, onGone] = [laptop, phone, shared, once, gone.kept].map((jar) =>
          jar.movedTo(server.origin),
        );
        assert.equal(await who(onLaptop), ada.email);
        assert.equal(await who(onPhone), ada.email);
        assert.equal(await who(onShared), grace.email);
        assert.equal(await who(onOnce), ada.email);
        assert.equal(await who(onGone), null, 'it had signed out before the move');

        const rows = must(await clientOf(onLaptop).multiSession.listDeviceSessions());
        assert.equal(rows.length, 3);
        assert.equal(rows[0].device.label, 'Firefox on macOS');
        const held = must(await clientOf(onShared).multiSession.listDeviceSessions());
        const other = held.find((row) => row.user.email === mary.email);
        must(await clientOf(onShared).multiSession.setActive({ sessionToken: other.session.token }));
        assert.equal(await who(onShared), mary.email);

        // A session that was not remembered is still not remembered.
        const { token } = must(await clientOf(onOnce).getSession()).session;
        const switched = await onOnce.send({
          method: 'POST',
          path: '/api/auth/multi-session/set-active',
          headers: { origin: server.origin, 'content-type': 'application/json' },
          body: JSON.stringify({ sessionToken: token }),
        });
        const cookies = switched.headers.filter(([name]) => name === 'set-cookie').map(([, value]) => value);
        assert.equal(cookies.length, 2, 'both are sent again');
        assert.ok(!cookies.some((cookie) => cookie.includes('Max-Age')), `${cookies}`);

        must(await clientOf(onLaptop).multiSession.revoke({ sessionId: rows[1].id }));
        const again = await importFrom(theirs.url, target('all'), { secret: SECRET });
        assert.match(again, /users: 0 imported, 0 updated, 4 unchanged/);
        assert.match(again, /sessions: 0 imported, 0 updated, 5 unchanged, 1 expired, 0 broken, 0 ended in the source since/);
        assert.equal(must(await clientOf(onLaptop).multiSession.listDeviceSessions()).length, 2, 'ended stays ended');

        const fresh = clientOf(new Jar(server.origin));
        const wrong = await fresh.signIn.email({ email: ada.email, password: 'not the password' });
        assert.equal(wrong.error.code, 'INVALID_EMAIL_OR_PASSWORD');
        const none = await fresh.signIn.email({ email: social.email, password: social.password });
        assert.equal(none.error.code, 'INVALID_EMAIL_OR_PASSWORD');
        assert.equal(must(await fresh.signIn.email(ada)).user.email, ada.email);
        must(await fresh.signIn.email(ada));
      } finally {
        await server.stop();
      }
      // Ada's hash is ours now, and another import keeps it. Those of Grace and Mary change at their sign-ins.
      const third = await importFrom(theirs.url, target('all'), { secret: SECRET });
      assert.match(third, /passwords: 0 imported, 0 updated, 3 unchanged/);
    });

    test('a dry run stores nothing', async () => {
      const told = await importFrom(theirs.url, target('dry'), { secret: SECRET, flags: ['--dry-run'] });
      assert.match(told, /users: 4 imported/);
      assert.match(told, /dry run: nothing was stored/);
      assert.match(await importFrom(theirs.url, target('dry'), { secret: SECRET }), /users: 4 imported/);
    });

    test('without the right secret cookies open nothing', async () => {
      const without = await importFrom(theirs.url, target('without'));
      assert.match(without, /users: 4 imported/);
      assert.match(without, /sessions: skipped/);
      await importFrom(theirs.url, target('wrong'), { secret: 'another secret of more than thirty-two letters' });
      for (const name of ['without', 'wrong']) {
        const server = await ours(name);
        try {
          assert.equal(await who(laptop.movedTo(server.origin)), null, name);
          must(await clientOf(new Jar(server.origin)).signIn.email(ada));
        } finally {
          await server.stop();
        }
      }
    });

    test('a later run imports changes: a new password, a sign-out, a new sign-in', async () => {
      const jar = new Jar('http://127.0.0.1:3999');
      const eve = person('Eve');
      await theirs.send(jar, 'sign-up/email', eve);
      const leaves = new Jar('http://127.0.0.1:3999');
      await theirs.send(leaves, 'sign-in/email', eve);
      const kept = leaves.movedTo('');
      await importFrom(theirs.url, target('later'), { secret: SECRET });
      await theirs.send(leaves, 'sign-out', {});
      await theirs.send(jar, 'change-password', { currentPassword: eve.password, newPassword: 'a newer password' });
      const comes = new Jar('http://127.0.0.1:3999');
      await theirs.send(comes, 'sign-in/email', { ...eve, password: 'a newer password' });
      const told = await importFrom(theirs.url, target('later'), { secret: SECRET });
      assert.match(told, /passwords: 0 imported, 1 updated/);
      assert.match(told, /sessions: 1 imported, .* 1 ended in the source since/);
      const server = await ours('later');
      try {
        assert.equal(await who(kept.movedTo(server.origin)), null, 'it has signed out there');
        assert.equal(await who(comes.movedTo(server.origin)), eve.email);
        const fresh = clientOf(new Jar(server.origin));
        assert.equal((await fresh.signIn.email(eve)).error.code, 'INVALID_EMAIL_OR_PASSWORD');
        must(await fresh.signIn.email({ ...eve, password: 'a newer password' }));
      } finally {
        await server.stop();
      }
    });

    test('broken rows are reported and skipped, and the others imported', async () => {
      const now = kind === 'sqlite' ? `'${new Date().toISOString()}'` : 'now()';
      const later = kind === 'sqlite' ? `'2099-01-01T00:00:00.000Z'` : `'2099-01-01'`;
      const user = (id, email) =>
        theirs.run(
          `insert into "user" (id, name, email, "emailVerified", "createdAt", "updatedAt")
           values ('${id}', 'X', '${email}', ${kind === 'sqlite' ? 0 : false}, ${now}, ${now})`,
        );
      await user('not an id', 'one@example.org');
      await user('nomail', 'no-address');
      await user('fine', 'fine@example.org');
      await theirs.run(
        `insert into session (id, token, "userId", "createdAt", "updatedAt", "expiresAt")
         values ('short', 'short', 'fine', ${now}, ${now}, ${later})`,
      );
      await theirs.run(
        `insert into account (id, "accountId", "providerId", "userId", password, "createdAt", "updatedAt")
         values ('bcrypt', 'fine', 'credential', 'fine', '$2b$10$abcdefghijklmnopqrstuv', ${now}, ${now})`,
      );
      try {
        const told = await importFrom(theirs.url, target('broken'), { secret: SECRET });
        assert.match(told, /user "not an id" was skipped/);
        assert.match(told, /user "nomail" was skipped: its email is missing or invalid/);
        assert.match(told, /session "short" was skipped: its token/);
        assert.match(told, /account "bcrypt" was skipped: its password hash/);
        assert.match(told, /users: \d imported, 0 updated, 0 unchanged, 0 expired, 2 broken/);
        assert.match(told, /4 broken rows were skipped/);
        assert.ok(!told.includes('@example.org') && !told.includes('$2b$'), told);
      } finally {
        await theirs.run(`delete from session where id = 'short'`);
        await theirs.run(`delete from account where id = 'bcrypt'`);
        await theirs.run(`delete from "user" where id in ('not an id', 'nomail', 'fine')`);
      }
    });
  });
}

test('another database is refused and nothing is created', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'import-'));
  try {
    const target = `sqlite://${path.join(folder, 'target.db')}`;
    for (const [from, why] of [
      ['mysql://x', /must be sqlite/],
      [`sqlite://${path.join(folder, 'missing.db')}`, /cannot be opened/],
      [target, /no table for Better Auth's "account"/],
      ['postgres://nobody:hidden@127.0.0.1:1/x', /cannot be opened/],
    ]) {
      const failed = await importFrom(from, target).then(assert.fail, (error) => error);
      assert.equal(failed.code, 1, from);
      assert.match(failed.stderr, why);
      assert.ok(!failed.stderr.includes('hidden'));
    }
    assert.ok(!(await readdir(folder)).includes('missing.db'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
