import assert from 'node:assert/strict';
import { after, before } from 'node:test';

import { clientOf } from './client.mjs';
import { Jar } from './jar.mjs';
import { startOurs } from './ours.mjs';

export const PASSWORD = 'correct horse';

let people = 0;
/** What a new person signs up with. */
export const person = (name = 'Ada') => ({
  name,
  email: `${name.toLowerCase()}${++people}@example.org`,
  password: PASSWORD,
});

/**
 * Starts our server for the tests of a file, and gives the browsers that they act with.
 *
 * @template [Client=ReturnType<typeof clientOf>]
 * @param {(jar: Jar) => Client} newClient makes the client in a browser; the real one with the real plugin, if not said
 * @param {Record<string, string>} settings of the server
 */
export function actors(newClient = clientOf, settings = {}) {
  /** @type {Awaited<ReturnType<typeof startOurs>>} */
  let server;
  before(async () => (server = await startOurs(settings)));
  after(() => server?.stop());

  /** A new browser: its jar, the client in it, and who is signed in. */
  function browser(userAgent) {
    const jar = new Jar(server.origin, userAgent);
    const client = newClient(jar);
    const email = async () => must(await client.getSession())?.user.email ?? null;
    return { jar, client, email };
  }

  /** A new browser in which somebody signed up. */
  async function signedUp(who, userAgent) {
    const it = browser(userAgent);
    return { ...it, ...must(await it.client.signUp.email(who)) };
  }

  /** A new browser in which somebody signed in who has signed up in another one. */
  async function signedIn({ email, password }, userAgent) {
    const it = browser(userAgent);
    return { ...it, ...must(await it.client.signIn.email({ email, password })) };
  }

  /** Cookies that were kept aside open nothing any more: not as the active session, and not by switching to it. */
  async function assertOut(cookie) {
    const jar = new Jar(server.origin);
    const headers = { cookie, origin: server.origin, 'content-type': 'application/json' };
    const asked = await jar.send({ method: 'GET', path: '/api/auth/get-session', headers });
    assert.deepEqual([asked.status, asked.text], [200, 'null']);
    const body = JSON.stringify({ sessionToken: cookie.match(/session_token=([a-z0-9]{32})\./)[1] });
    const switched = await jar.send({ method: 'POST', path: '/api/auth/multi-session/set-active', headers, body });
    assert.equal(switched.status, 401);
  }

  return { browser, signedUp, signedIn, assertOut };
}

/** The data of a call that was not refused. */
export function must({ data, error }) {
  assert.equal(error, null);
  return data;
}

/** The whole of a refusal, as the client gives it. */
export function refused({ data, error }, status, statusText, code, message) {
  assert.equal(data, null);
  assert.deepEqual(error, { code, message, status, statusText });
}
