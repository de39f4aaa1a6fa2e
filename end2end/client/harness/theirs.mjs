import { once } from 'node:events';
import http from 'node:http';

import { betterAuth } from 'better-auth';
import { memoryAdapter } from 'better-auth/adapters/memory';
import { toNodeHandler } from 'better-auth/node';
import { multiSession } from 'better-auth/plugins';

// A fast replacement, because Better Auth's scrypt would take most of the time. It normalises passwords like this.
const worthless = {
  hash: async (password) => password.normalize('NFKC'),
  verify: async ({ hash, password }) => hash === password.normalize('NFKC'),
};

/**
 * Starts a real better-auth server with its multi-session plugin. All options have their defaults except for those
 * that a test needs.
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
    // Explicit, because better-auth disables these checks when it detects a test environment.
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
