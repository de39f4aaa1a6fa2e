// The cores: one for the measured server, another one for the load.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const allowed = /Cpus_allowed_list:\s*(\S+)/
  .exec(readFileSync('/proc/self/status', 'utf8'))[1]
  .split(',')
  .flatMap((range) => {
    const [first, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });

/** The core of the measured server. */
export const SERVER = [allowed[0]];
/** The core of the load; the same one if there is no other. */
export const LOAD = [allowed.at(-1)];
/** For measurements on two cores. */
export const PAIR = allowed.slice(0, 2);

/** The prefix of a command that runs only on these cores. */
export const on = (cores) => ['taskset', '--cpu-list', cores.join()];

/** Moves this process and its later children to the core of the load. */
export function moveToLoad() {
  execFileSync('taskset', ['--all-tasks', '--pid', '--cpu-list', LOAD.join(), String(process.pid)], {
    stdio: 'ignore',
  });
}
