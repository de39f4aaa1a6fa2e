// The measured servers, each a separate process on its own cores.

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

import { startOurs } from '../harness.mjs';
import { request } from '../harness/request.mjs';
import { SERVER, on } from './cores.mjs';
import { temporary } from './temporary.mjs';

const TICKS_A_SECOND = 100;
const BARE = path.resolve(import.meta.dirname, '../../../target/release/bare');

/** Our server on its core. */
export const ours = (settings = {}, cores = SERVER) => startOurs(settings, on(cores));

/** The real better-auth on Node.js with SQLite. */
export const theirs = () => started([process.execPath, path.join(import.meta.dirname, 'theirs.mjs')], SERVER);

/**
 * A bare Axum route that sends the same headers and body as an answer of ours.
 *
 * @param {import('../harness/request.mjs').Answer} answer
 */
export async function bare(answer, cores = SERVER) {
  mustExist();
  const { folder, drop } = temporary();
  const file = path.join(folder, 'answer');
  // The route adds these itself.
  const own = ['connection', 'content-length', 'date', 'keep-alive'];
  const lines = answer.headers.filter(([name]) => !own.includes(name)).map((pair) => pair.join(': '));
  await writeFile(file, `${lines.join('\n')}\n\n${answer.text}`);
  try {
    // It has read the file when it prints its address.
    return await started([BARE, 'serve', file], cores);
  } finally {
    drop();
  }
}

/** How many passwords a second are hashed on these cores with nothing around it. */
export async function argon2id(cores, seconds) {
  mustExist();
  const [command, ...args] = [...on(cores), BARE, 'argon2id', String(cores.length), String(seconds)];
  return Number((await promisify(execFile)(command, args)).stdout);
}

function mustExist() {
  if (!existsSync(BARE)) throw new Error(`${BARE} is not there: \`scripts/build.sh bench\` makes it`);
}

/** A program that prints its address and ends with its standard input. */
async function started(command, cores) {
  const [program, ...args] = [...on(cores), ...command];
  const env = { ...process.env, NODE_ENV: 'production' };
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'], env });
  const ended = once(child, 'exit');
  const [origin] = await Promise.race([
    once(createInterface(child.stdout), 'line'),
    ended.then(([code]) => {
      throw new Error(`${command.join(' ')}: exit ${code}`);
    }),
  ]);
  const stop = async () => {
    child.stdin.end();
    await ended;
  };
  return { origin, pid: child.pid, stop };
}

/** The processor time of a process in seconds, with the system's resolution of a hundredth. */
export async function processorTime(pid) {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
}

/** The resident memory of a process in kB. */
export async function resident(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))[1]);
}

/** Returns an answer, which must be a success. */
export async function asked(origin, path, cookie) {
  const answer = await request(origin, { method: 'GET', path, headers: { cookie } });
  if (answer.status !== 200 || answer.text === 'null') throw new Error(`${path}: ${answer.status} ${answer.text}`);
  return answer;
}
