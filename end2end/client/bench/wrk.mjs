// As many requests as a server can answer, with wrk on its own core. wrk is faster than any server here, so it
// measures the server.

import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

import { LOAD, on } from './cores.mjs';
import { processorTime } from './servers.mjs';
import { temporary } from './temporary.mjs';

/**
 * Loads one server for some seconds. Any answer other than a success is an error.
 *
 * @param {{ origin: string, pid: number }} server
 * @param {string[]} cookies sent in turn
 * @param {{ seconds: number, connections: number }} load
 * @returns {Promise<{ rate: number, micros: number }>} answers per second, and the processor time of each
 */
export async function atFullSpeed(server, route, cookies, { seconds, connections }) {
  const { folder, drop } = temporary();
  const file = path.join(folder, 'cookies');
  await writeFile(file, cookies.join('\n'));
  try {
    const script = path.join(import.meta.dirname, 'cookies.lua');
    const args = [
      '--threads',
      '1',
      '--connections',
      connections,
      '--duration',
      `${seconds}s`,
      '--timeout',
      '10s',
      '--script',
      script,
    ];
    const [command, ...rest] = [...on(LOAD), 'wrk', ...args, `${server.origin}${route}`].map(String);
    const before = await processorTime(server.pid);
    const { stdout } = await promisify(execFile)(command, rest, { env: { ...process.env, COOKIES: file } });
    const spent = (await processorTime(server.pid)) - before;
    const rate = Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]);
    const answers = Number(/(\d+) requests in/.exec(stdout)?.[1]);
    if (!(rate > 0) || /Non-2xx|Socket errors/.test(stdout)) throw new Error(`wrk ${route}:\n${stdout}`);
    return { rate, micros: (spent / answers) * 1e6 };
  } finally {
    drop();
  }
}
