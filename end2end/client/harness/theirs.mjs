import { once } from 'node:events';
import http from 'node:http';

import { betterAuth } from 'better-auth';
import { memoryAdapter } from 'better-auth/adapters/memory';
import { toNodeHandler } from 'better-auth/node';
import { multiSession } from 'better-auth/plugins';

// Better Auth's scrypt would take most of the time of a test run. It normalises passwords like this.
const worthless = {
  hash: async (password) => password.normalize('NFKC'),
  verify: async ({ hash, password }) => hash === password.normalize('NFKC'),
};

/**
 * Starts a real better-auth server with its multi-session plugin, all options at their defaults but for what a
 * test needs.
 *
 * @returns {Promise<{ origin: string, stop: () => Promise<void> }>}
 */
export async function startTheirs() {
  const server = http.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${server.address().port}`;
  const auth = betterAuth({
    baseURL: origin,
    secret: 'of no value, since the server lives for one test',
    database: memoryAdapter({ user: [], session: [], account: [], verification: [] }),
    emailAndPassword: { enabled: true, password: worthless },
    plugins: [multiSession()],
    rateLimit: { enabled: false },
    // Said aloud, since better-auth leaves the checks out where it takes itself to be tested.
    advanced: { disableOriginCheck: false, disableCSRFCheck: false },
    logger: { disabled: true },
    telemetry: { enabled: false },
  });
  server.on('request', toNodeHandler(auth));

  const stop = async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  };
  return { origin, stop };
}
