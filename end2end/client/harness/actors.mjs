import assert from 'node:assert/strict';
import { after, before } from 'node:test';

import { clientOf } from './client.mjs';
import { Jar } from './jar.mjs';
import { startOurs } from './ours.mjs';

export const PASSWORD = 'correct horse';

let people = 0;
/** The sign-up of a new person. */
export const person = (name = 'Ada') => ({
  name,
  email: `${name.toLowerCase()}${++people}@example.org`,
  password: PASSWORD,
});

/**
 * Starts our server for the tests of a file, and returns functions that create browsers.
 *
 * @template [Client=ReturnType<typeof clientOf>]
 * @param {(jar: Jar) => Client} newClient creates the client of a browser, by default the real one with the
 * original plugin
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

  /** A new browser in which an existing person signed in. */
  async function signedIn({ email, password }, userAgent) {
    const it = browser(userAgent);
    return { ...it, ...must(await it.client.signIn.email({ email, password })) };
  }

  /** Checks that saved cookies no longer open anything: neither as the active session nor by switching to it. */
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

/** The data of a successful call. */
export function must({ data, error }) {
  assert.equal(error, null);
  return data;
}

/** Checks a complete refusal, as the client returns it. */
export function refused({ data, error }, status, statusText, code, message) {
  assert.equal(data, null);
  assert.deepEqual(error, { code, message, status, statusText });
}
