// Compares the server with better-auth and a bare route, and prints ratios: `make bench`. Arguments name sections.
// `--smoke` is a short run of all sections that only checks that they work. Its figures mean nothing.

import { moveToLoad } from './bench/cores.mjs';
import { capacity } from './bench/capacity.mjs';
import { memory } from './bench/memory.mjs';
import { say, summary } from './bench/report.mjs';
import { requests } from './bench/requests.mjs';
import { rows } from './bench/stored.mjs';
import { streams } from './bench/streams.mjs';

const SECTIONS = { requests, memory, rows, streams, capacity };
const args = process.argv.slice(2);
const short = args.includes('--smoke');
const wanted = args.filter((it) => it !== '--smoke');
const unknown = wanted.find((it) => !Object.hasOwn(SECTIONS, it));
if (unknown) throw new Error(`${unknown} is no section: ${Object.keys(SECTIONS).join(', ')}`);

// Child processes end with this process.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1));
moveToLoad();
const how = short
  ? { short, rounds: 1, load: { seconds: 1, connections: 2 } }
  : { short, rounds: Number(process.env.BENCH_ROUNDS ?? 5), load: { seconds: 3, connections: 32 } };
const began = performance.now();
const failed = [];
const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(0)} s`;
for (const name of wanted.length ? wanted : Object.keys(SECTIONS)) {
  const since = performance.now();
  say(`${name}…`);
  try {
    await SECTIONS[name](how);
  } catch (error) {
    // Continue with the other sections.
    console.error(error);
    failed.push(name);
  }
  say(`${name}: ${seconds(since)}`);
}
if (failed.length) process.exitCode = 1;
if (!short) summary(failed);
else if (!failed.length) console.log(`a short run went through in ${seconds(began)}: its figures are worth nothing`);
