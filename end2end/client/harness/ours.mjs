import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { request } from './request.mjs';

export const BINARY = path.resolve(
  process.env.MULTI_SESSION_BIN ?? path.join(import.meta.dirname, '../../../target/release/multi-session'),
);
const PATIENCE_MS = 10_000;

/**
 * Starts our release program with a new database and its own address.
 *
 * @param {Record<string, string>} settings environment variables
 * @param {string[]} through a command that starts the program, such as `taskset`
 * @returns {Promise<{ origin: string, pid: number, stop: () => Promise<void> }>}
 */
export async function startOurs(settings = {}, through = []) {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'multi-session-client-'));
  const address = `127.0.0.1:${await freePort()}`;
  const [command, ...args] = [...through, BINARY];
  const child = spawn(command, args, {
    cwd: folder,
    env: {
      DATABASE_URL: `sqlite://${path.join(folder, 'test.db')}`,
      LEPTOS_SITE_ADDR: address,
      MULTI_SESSION_RATE_LIMIT: 'off',
      RUST_LOG: 'warn',
      ...settings,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const clean = () => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  // An aborted test run leaves nothing behind.
  process.once('exit', clean);
  let log = '';
  // Only the end, because a failing server may log the same error many times.
  child.stderr.on('data', (chunk) => (log = (log + chunk).slice(-4_000)));
  const ended = once(child, 'exit').then(([code, signal]) => `exit ${code ?? signal}`, String);

  const stop = async () => {
    child.kill('SIGTERM');
    const how = await Promise.race([ended, pause(PATIENCE_MS, 'no exit', { ref: false })]);
    process.removeListener('exit', clean);
    clean();
    if (how !== 'exit 0') throw new Error(`our server was asked to end, and then: ${how}\n${log}`);
  };

  const origin = `http://${address}`;
  const failed = ended.then((how) => {
    throw new Error(`${BINARY}: ${how}\n${log}\n\`make build\` makes it, and MULTI_SESSION_BIN names another one.`);
  });
  try {
    await Promise.race([failed, isHealthy(origin)]);
  } catch (error) {
    process.removeListener('exit', clean);
    clean();
    throw error;
  }
  failed.catch(() => {});
  return { origin, pid: child.pid, stop };
}

/** Another process can only be polled for whether it listens. */
async function isHealthy(origin) {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const status = await request(origin, { method: 'GET', path: '/healthz' }).then((it) => it.status, String);
    if (status === 200) return;
    if (Date.now() > deadline) throw new Error(`${origin}/healthz: ${status}`);
    await pause(20);
  }
}

async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
