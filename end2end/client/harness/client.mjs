import { createAuthClient } from 'better-auth/client';
import { multiSessionClient } from 'better-auth/client/plugins';

/**
 * The real client, unchanged, in the browser of the jar.
 *
 * @param {import('./jar.mjs').Jar} jar
 */
export function clientOf(jar) {
  return createAuthClient({
    baseURL: jar.origin,
    plugins: [multiSessionClient()],
    fetchOptions: { customFetchImpl: jar.fetch },
  });
}
