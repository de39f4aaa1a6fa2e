// The hook's atom in the real client: what it fetches after each action, together with the session.

import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';

import { multiSessionClient as stockClient } from 'better-auth/client/plugins';
import { multiSessionClient } from 'multi-session-client';

import { actors, clientOf, clientWith, must, person, refused } from './harness.mjs';
import { comeBack, comeOnline, open, settled, signalled, signOutElsewhere } from './page.mjs';

const LIST = 'GET /multi-session/list-device-sessions';
const SESSION = 'GET /get-session';

const { signedIn, signedUp } = actors(clientOf);

const pages = [];
afterEach(() => {
  for (const page of pages.splice(0)) void page.close();
});

async function shown(client) {
  const page = await open(client);
  pages.push(page);
  return page;
}

/** A browser with two accounts, Ada's active, and her phone. */
async function laptopAndPhone() {
  const [ada, bob] = [person('Ada'), person('Bob')];
  const laptop = await signedUp(bob, 'Laptop/1.0');
  must(await laptop.client.signUp.email(ada));
  const phone = await signedIn(ada, 'Phone/1.0');
  return { ada, bob, laptop, phone };
}

/** The laptop with an open page, and the rows of that page. */
async function household() {
  const { laptop, ...rest } = await laptopAndPhone();
  const { client } = laptop;
  const page = await shown(client);
  const [ada, phone, bob] = ['Ada on Laptop/1.0', 'Ada on Phone/1.0', 'Bob on Laptop/1.0'].map((it) =>
    page.rows().find((row) => `${row.user.name} on ${row.userAgent}` === it),
  );
  return { ...rest, laptop, client, page, row: { ada, phone, bob } };
}

const told = (page) => page.rows()?.map((row) => `${row.user.name} on ${row.userAgent}${row.isCurrent ? '*' : ''}`);
const ALL = ['Ada on Laptop/1.0*', 'Ada on Phone/1.0', 'Bob on Laptop/1.0'];

describe('one fetch after each action, and the page is up to date', () => {
  const cases = [
    {
      name: 'setActive',
      act: ({ client, row }) => client.multiSession.setActive({ sessionId: row.bob.id }),
      sends: ['POST /multi-session/set-active', LIST, SESSION],
      shows: ['Bob', ['Bob on Laptop/1.0*', 'Ada on Laptop/1.0']],
    },
    {
      name: 'revoke of another device',
      act: ({ client, row }) => client.multiSession.revoke({ sessionId: row.phone.id }),
      sends: ['POST /multi-session/revoke', LIST, SESSION],
      shows: ['Ada', ['Ada on Laptop/1.0*', 'Bob on Laptop/1.0']],
    },
    {
      name: 'revoke of the active one falls over to the next held account',
      act: ({ client, row }) => client.multiSession.revoke({ sessionId: row.ada.id }),
      sends: ['POST /multi-session/revoke', LIST, SESSION],
      shows: ['Bob', ['Bob on Laptop/1.0*']],
    },
    {
      name: 'revokeOthers leaves the session alone',
      act: ({ client }) => client.multiSession.revokeOthers(),
      sends: ['POST /multi-session/revoke-others', LIST],
      shows: ['Ada', ['Ada on Laptop/1.0*', 'Bob on Laptop/1.0']],
    },
    {
      name: 'revokeAll',
      act: ({ client }) => client.multiSession.revokeAll(),
      sends: ['POST /multi-session/revoke-all', LIST, SESSION],
      shows: [null, ['Bob on Laptop/1.0']],
    },
    {
      name: 'signOut of an account',
      act: ({ client }) => client.signOut({ scope: 'account' }),
      sends: ['POST /sign-out', LIST, SESSION],
      shows: [null, ['Bob on Laptop/1.0']],
    },
    {
      name: 'signOut',
      act: ({ client }) => client.signOut(),
      sends: ['POST /sign-out', LIST, SESSION],
      shows: [null, []],
    },
    {
      name: 'signIn.email',
      act: ({ client, bob: { email, password } }) => client.signIn.email({ email, password }),
      sends: ['POST /sign-in/email', LIST, SESSION],
      shows: ['Bob', ['Bob on Laptop/1.0*', 'Ada on Laptop/1.0']],
    },
    {
      name: 'signUp.email',
      act: ({ client }) => client.signUp.email(person('Cyd')),
      sends: ['POST /sign-up/email', LIST, SESSION],
      shows: ['Cyd', ['Cyd on Laptop/1.0*', 'Ada on Laptop/1.0', 'Bob on Laptop/1.0']],
    },
    {
      name: 'revokeSession',
      act: ({ client, phone }) => client.revokeSession({ token: phone.token }),
      sends: ['POST /revoke-session', LIST, SESSION],
      shows: ['Ada', ['Ada on Laptop/1.0*', 'Bob on Laptop/1.0']],
    },
    {
      name: 'revokeSessions',
      act: ({ client }) => client.revokeSessions(),
      sends: ['POST /revoke-sessions', LIST, SESSION],
      shows: [null, ['Bob on Laptop/1.0']],
    },
    {
      name: 'revokeOtherSessions',
      act: ({ client }) => client.revokeOtherSessions(),
      sends: ['POST /revoke-other-sessions', LIST, SESSION],
      shows: ['Ada', ['Ada on Laptop/1.0*', 'Bob on Laptop/1.0']],
    },
    {
      name: 'changePassword',
      act: ({ client, ada: { password } }) =>
        client.changePassword({ currentPassword: password, newPassword: 'another horse', revokeOtherSessions: true }),
      sends: ['POST /change-password', LIST, SESSION],
      shows: ['Ada', ['Ada on Laptop/1.0*', 'Bob on Laptop/1.0']],
    },
  ];
  for (const { name, act, sends, shows: [user, rows] } of cases) {
    test(name, async () => {
      const { page, client, ...rest } = await household();
      assert.deepEqual(told(page), ALL);
      must(await act({ client, ...rest }));
      await settled(client);
      assert.deepEqual(client.sent.toSorted(), sends.toSorted());
      assert.deepEqual([page.name(), told(page)?.toSorted()], [user, rows.toSorted()]);
      // The current one is first. Rows of the same minute have no order.
      if (user) assert.equal(told(page)[0], rows[0]);
    });
  }

  test('a list that changed twice at once is fetched for both', async () => {
    const { client, page, row } = await household();
    const { multiSession } = client;
    const revoked = [row.phone, row.bob].map(({ id }) => multiSession.revoke({ sessionId: id }));
    for (const answer of await Promise.all(revoked)) must(answer);
    await settled(client);
    assert.deepEqual(told(page), ['Ada on Laptop/1.0*']);
    assert.ok(client.sent.filter((it) => it === LIST).length <= 2);
  });

  test('with the stock plugin there is no second fetch', async () => {
    const { laptop } = await laptopAndPhone();
    const client = clientWith({ plugins: [stockClient(), multiSessionClient()] })(laptop.jar);
    const page = await shown(client);
    const bob = page.rows().find((row) => row.user.name === 'Bob');
    must(await client.multiSession.setActive({ sessionId: bob.id }));
    await settled(client);
    assert.deepEqual(client.sent.toSorted(), [LIST, SESSION, 'POST /multi-session/set-active'].toSorted());
  });
});

describe('when it fetches', () => {
  test('not before there is a subscriber, and once for all of them', async () => {
    const { laptop } = await laptopAndPhone();
    const { client } = laptop;
    client.sent.length = 0;
    must(await client.multiSession.revokeOthers());
    must(await client.multiSession.revokeAll());
    await signalled();
    assert.deepEqual(client.sent, ['POST /multi-session/revoke-others', 'POST /multi-session/revoke-all']);
    const { data, isPending } = client.useListDeviceSessions.value;
    assert.deepEqual([data, isPending], [null, true]);
    client.sent.length = 0;
    const looking = [1, 2, 3].map(() => client.useListDeviceSessions.listen(() => {}));
    const { atFirst } = await shown(client);
    for (const unsubscribe of looking) unsubscribe();
    assert.deepEqual(atFirst.toSorted(), [SESSION, LIST].toSorted());
  });

  test('not without subscribers', async () => {
    const { client, page } = await household();
    await page.close();
    comeBack();
    must(await client.multiSession.revokeOthers());
    await signalled();
    assert.deepEqual(client.sent, ['POST /multi-session/revoke-others']);
  });

  for (const [what, happens] of [
    ['the person comes back to the tab', comeBack],
    ['the network comes back', comeOnline],
  ]) {
    test(`when ${what}, and then it shows what another device did`, async () => {
      const { client, page, phone, row } = await household();
      must(await phone.client.multiSession.revoke({ sessionId: row.ada.id }));
      assert.deepEqual(told(page), ALL);
      happens();
      await settled(client);
      assert.deepEqual(client.sent.toSorted(), [SESSION, LIST].toSorted());
      assert.deepEqual([page.name(), told(page)], [null, ['Bob on Laptop/1.0']]);
      happens();
      await settled(client);
      assert.equal(client.sent.length, 2, 'at most once in five seconds');
    });
  }

  test('after a sign-out in another tab', async () => {
    const { client, laptop, page } = await household();
    must(await clientOf(laptop.jar).signOut());
    signOutElsewhere();
    await settled(client);
    assert.deepEqual(client.sent.toSorted(), [SESSION, LIST].toSorted());
    assert.deepEqual([page.name(), told(page)], [null, []]);
  });

  test('not on window focus if the options disable it', async () => {
    const { laptop } = await laptopAndPhone();
    const client = clientWith({ sessionOptions: { refetchOnWindowFocus: false } })(laptop.jar);
    await shown(client);
    comeBack();
    await settled(client);
    assert.deepEqual(client.sent, []);
  });

  test('when refetch is called', async () => {
    const { client, page, phone } = await household();
    must(await phone.client.signOut());
    await client.useListDeviceSessions.value.refetch();
    assert.deepEqual(client.sent, [LIST]);
    assert.deepEqual(told(page), ['Ada on Laptop/1.0*', 'Bob on Laptop/1.0']);
  });

  test('not after a call with disableSignal', async () => {
    const { client, row, phone } = await household();
    const fetchOptions = { disableSignal: true };
    must(await client.multiSession.revoke({ sessionId: row.phone.id, fetchOptions }));
    const again = await client.multiSession.revoke({ sessionId: row.phone.id, fetchOptions });
    refused(again, 401, 'Unauthorized', 'INVALID_SESSION_TOKEN', 'Invalid session token');
    assert.equal(await phone.email(), null);
    await settled(client);
    assert.deepEqual(client.sent, ['POST /multi-session/revoke', 'POST /multi-session/revoke']);
  });
});

describe('what fails', () => {
  test('a failed fetch keeps the last rows, reports the error, and recovers', async () => {
    const { client, page } = await household();
    const list = client.useListDeviceSessions;
    client.broken = '/multi-session/list-device-sessions';
    await list.value.refetch();
    assert.deepEqual([list.value.error.status, list.value.error.code], [503, 'SERVICE_UNAVAILABLE']);
    assert.deepEqual([told(page), list.value.isPending, list.value.isRefetching], [ALL, false, false]);
    await settled(client);
    assert.deepEqual(client.sent, [LIST], 'it is not tried again by itself');
    client.broken = undefined;
    await list.value.refetch();
    assert.deepEqual([list.value.error, told(page)], [null, ALL]);
  });

  test('an action that fails for another reason fetches nothing', async () => {
    const { client, page } = await household();
    client.broken = '/multi-session/revoke-others';
    assert.equal((await client.multiSession.revokeOthers()).error.status, 503);
    await settled(client);
    assert.deepEqual(client.sent, ['POST /multi-session/revoke-others']);
    assert.deepEqual(told(page), ALL);
  });

  test('an action of a session that was ended elsewhere shows that it was', async () => {
    const { client, page, phone, row } = await household();
    must(await phone.client.multiSession.revoke({ sessionId: row.ada.id }));
    refused(await client.multiSession.revokeOthers(), 401, 'Unauthorized', 'UNAUTHORIZED', 'Unauthorized');
    await settled(client);
    assert.deepEqual(client.sent.toSorted(), [SESSION, LIST, 'POST /multi-session/revoke-others'].toSorted());
    assert.deepEqual([page.name(), told(page)], [null, ['Bob on Laptop/1.0']]);
  });

  test('a row that has ended meanwhile disappears although its revocation is refused', async () => {
    const { client, page, phone, row } = await household();
    must(await phone.client.signOut());
    const answer = await client.multiSession.revoke({ sessionId: row.phone.id });
    refused(answer, 401, 'Unauthorized', 'INVALID_SESSION_TOKEN', 'Invalid session token');
    await settled(client);
    assert.deepEqual([page.name(), told(page)], ['Ada', ['Ada on Laptop/1.0*', 'Bob on Laptop/1.0']]);
  });
});
