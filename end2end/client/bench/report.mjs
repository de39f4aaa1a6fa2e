// How often things are measured, and how what was measured is said.

import { at } from './load.mjs';

export const median = (numbers) => at(numbers, 0.5);
const spread = (numbers, digits) => `${number(Math.min(...numbers), digits)}–${number(Math.max(...numbers), digits)}`;
const missed = [];

/**
 * Measures several things in turn, in every second round the other way round, so that what changes with time touches
 * all alike. In a short run they are measured at once: its figures are worth nothing.
 *
 * @template T
 * @param {{ rounds: number, short: boolean }} how
 * @param {Record<string, (round: number) => Promise<T>>} measures
 * @returns {Promise<Record<string, T[]>>} what each gave in each round
 */
export async function inTurn({ rounds, short }, measures) {
  const names = Object.keys(measures);
  const found = Object.fromEntries(names.map((name) => [name, []]));
  const measured = async (name, round) => (found[name][round] = await measures[name](round));
  for (let round = 0; round < rounds; round += 1) {
    say(`round ${round + 1} of ${rounds}: ${names.length} measurements`);
    if (short) await Promise.all(names.map((name) => measured(name, round)));
    else for (const name of round % 2 ? names.toReversed() : names) await measured(name, round);
  }
  return found;
}

/** A line about what goes on, beside the tables. */
export function say(what) {
  console.error(`    ${what}`);
}

export const perSecond = (rates) => `${number(median(rates), 0)}/s`;
export const milliseconds = (times) => `${number(median(times), 2)} ms`;
/** What `atFullSpeed` found. */
export const speed = (found) =>
  `${perSecond(found.map(({ rate }) => rate))}, ${number(median(found.map(({ micros }) => micros)), 0)} µs`;

/**
 * A row whose figure is a ratio: what was measured in each round by what was measured beside it in the same round.
 *
 * @param {string} what
 * @param {[string, string]} figures both, as they are said
 * @param {number[]} ours
 * @param {number[]} others
 * @param {{ least?: number, most?: number }} target of the ratio
 */
export function ratio(what, figures, ours, others, target = {}) {
  const ratios = ours.map((it, round) => it / others[round]);
  return row(what, figures, number(median(ratios), 2), spread(ratios, 2), median(ratios), target);
}

/** A row whose figure is an absolute one, beside another one that says what it is worth. */
export function absolute(what, figures, numbers, target = {}) {
  return row(what, figures, '', spread(numbers, 2), median(numbers), target);
}

function row(what, [ours, beside], ratio, spread, figure, { least, most, unit = '' }) {
  if (!Number.isFinite(figure)) throw new Error(`${what}: nothing was measured`);
  const target = least !== undefined ? `≥ ${least}${unit}` : most !== undefined ? `≤ ${most}${unit}` : '';
  const met = !target || (least !== undefined ? figure >= least : figure <= most);
  return { what, ours, beside, ratio, spread, target, met: target && (met ? 'met' : 'missed') };
}

/**
 * Prints rows as a table in Markdown, with columns that are aligned; of a short run it says only that there are some.
 */
export function table({ short }, title, rows) {
  if (short) return say(`${title}: ${rows.length} figures`);
  const heads = {
    what: title,
    ours: 'ours',
    beside: 'beside it',
    ratio: 'ratio',
    spread: 'spread',
    target: 'target',
    met: '',
  };
  const keys = Object.keys(heads);
  const widths = keys.map((key) => Math.max(...[heads, ...rows].map((row) => row[key].length)));
  const line = (cells) => `| ${cells.map((cell, index) => cell.padEnd(widths[index])).join(' | ')} |`;
  const dashes = widths.map((width) => '-'.repeat(width));
  const lines = [keys.map((key) => heads[key]), dashes, ...rows.map((row) => keys.map((key) => row[key]))];
  console.log(`\n${lines.map(line).join('\n')}\n`);
  missed.push(...rows.filter(({ met }) => met === 'missed').map(({ what }) => `${title}: ${what}`));
}

/** Says which targets were missed. */
export function summary() {
  console.log(missed.length ? `missed:\n  ${missed.join('\n  ')}` : 'all targets are met');
}

function number(value, digits) {
  return value.toLocaleString('en', { maximumFractionDigits: value < 100 ? digits : 0, useGrouping: true });
}
