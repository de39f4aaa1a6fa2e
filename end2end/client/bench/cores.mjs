// Which cores are used: one for the server that is measured, another one for whoever asks it.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const allowed = /Cpus_allowed_list:\s*(\S+)/
  .exec(readFileSync('/proc/self/status', 'utf8'))[1]
  .split(',')
  .flatMap((range) => {
    const [first, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });

/** The core of the server that is measured. */
export const SERVER = [allowed[0]];
/** The core of whoever asks it; the same one where there is no other. */
export const LOAD = [allowed.at(-1)];
/** For what is measured on two cores. */
export const PAIR = allowed.slice(0, 2);

/** What a command begins with that runs on these cores alone. */
export const on = (cores) => ['taskset', '--cpu-list', cores.join()];

/** Moves this process, and what it starts later, to the core of whoever asks. */
export function moveToLoad() {
  execFileSync('taskset', ['--all-tasks', '--pid', '--cpu-list', LOAD.join(), String(process.pid)], {
    stdio: 'ignore',
  });
}
