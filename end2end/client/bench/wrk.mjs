// As many requests as a server answers: wrk on a core of its own. It is faster than any server here, so that the server
// is what is measured.

import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

import { LOAD, on } from './cores.mjs';
import { processorTime } from './servers.mjs';
import { temporary } from './temporary.mjs';

/**
 * Asks one server for some seconds; an answer that is not a good one is an error.
 *
 * @param {{ origin: string, pid: number }} server
 * @param {string[]} cookies whose they are, in turn
 * @param {{ seconds: number, connections: number }} load
 * @returns {Promise<{ rate: number, micros: number }>} answers a second, and what each took of the server's processors
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
