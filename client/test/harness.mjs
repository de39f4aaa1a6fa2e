// Browsers against our server, as `end2end/client` has them, with our plugin in the real client.

import { createAuthClient } from 'better-auth/client';
import { multiSessionClient } from 'multi-session-client';

export { actors, must, person, refused } from '../../end2end/client/harness/actors.mjs';

/**
 * Gives what makes the real client with our plugin in the browser that a jar is.
 *
 * `client.sent` is what it really sent, without the base path, as in `POST /sign-out`; to the path in `client.broken`
 * it is answered as by a server whose database is out of reach.
 *
 * @param {Parameters<typeof createAuthClient>[0]} options beside those that the jar asks for
 */
export const clientWith = (options) => (/** @type {import('../../end2end/client/harness/jar.mjs').Jar} */ jar) => {
  const browser = { sent: [], broken: undefined };
  const client = createAuthClient({
    baseURL: jar.origin,
    plugins: [multiSessionClient()],
    fetchOptions: {
      customFetchImpl: async (url, init) => {
        const path = new URL(url).pathname.replace('/api/auth', '');
        browser.sent.push(`${init.method} ${path}`);
        if (path !== browser.broken) return jar.fetch(url, init);
        return Response.json({ code: 'SERVICE_UNAVAILABLE', message: 'Please try again.' }, { status: 503 });
      },
    },
    ...options,
  });
  // The client itself answers every name with a call, so what is ours stands in front of it.
  return new Proxy(client, {
    get: (it, name) => (name in browser ? browser[name] : it[name]),
    set: (_, name, value) => Reflect.set(browser, name, value),
  });
};

/** The same with no other options. */
export const clientOf = clientWith({});
