// Browsers against our server, as in `end2end/client`, with our plugin in the real client.

import { createAuthClient } from 'better-auth/client';
import { multiSessionClient } from 'multi-session-client';

export { actors, must, person, refused } from '../../end2end/client/harness/actors.mjs';

/**
 * Returns a function that creates the real client with our plugin in the browser of a jar.
 *
 * `client.sent` has its requests without the base path, such as `POST /sign-out`. Requests to the path in
 * `client.broken` fail as if the database were unavailable.
 *
 * @param {Parameters<typeof createAuthClient>[0]} options in addition to those for the jar
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
  // The client is a proxy that turns every name into a call, so our own properties need a proxy around it.
  return new Proxy(client, {
    get: (it, name) => (name in browser ? browser[name] : it[name]),
    set: (_, name, value) => Reflect.set(browser, name, value),
  });
};

/** The same without options. */
export const clientOf = clientWith({});
