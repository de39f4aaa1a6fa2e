// Rounds of measurements, and how results are printed.

import { at } from './load.mjs';

export const median = (numbers) => at(numbers, 0.5);
const spread = (numbers, digits) => `${number(Math.min(...numbers), digits)}–${number(Math.max(...numbers), digits)}`;
const missed = [];

/**
 * Runs several measurements in turn, in reverse order in every second round, so that changes over time affect all
 * alike. A short run runs them at once, because its figures mean nothing.
 *
 * @template T
 * @param {{ rounds: number, short: boolean }} how
 * @param {Record<string, (round: number) => Promise<T>>} measures
 * @returns {Promise<Record<string, T[]>>} the result of each in each round
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

/** Prints a line of progress. */
export function say(what) {
  console.error(`    ${what}`);
}

export const perSecond = (rates) => `${number(median(rates), 0)}/s`;
export const milliseconds = (times) => `${number(median(times), 2)} ms`;
/** Formats results of `atFullSpeed`. */
export const speed = (found) =>
  `${perSecond(found.map(({ rate }) => rate))}, ${number(median(found.map(({ micros }) => micros)), 0)} µs`;

/**
 * A row whose figure is the ratio of two results of the same round.
 *
 * @param {string} what
 * @param {[string, string]} figures both, formatted
 * @param {number[]} ours
 * @param {number[]} others
 * @param {{ least?: number, most?: number }} target of the ratio
 */
export function ratio(what, figures, ours, others, target = {}) {
  const ratios = ours.map((it, round) => it / others[round]);
  return row(what, figures, number(median(ratios), 2), spread(ratios, 2), median(ratios), target);
}

/** A row with an absolute figure, and another one to compare it with. */
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
 * Prints rows as a Markdown table with aligned columns. In a short run it only says that there are some.
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

/** Prints the missed targets, and the sections that failed, whose targets were not measured. */
export function summary(failed) {
  if (missed.length) console.log(`missed:\n  ${missed.join('\n  ')}`);
  if (failed.length) console.log(`failed: ${failed.join(', ')}`);
  if (!missed.length && !failed.length) console.log('all targets are met');
}

function number(value, digits) {
  return value.toLocaleString('en', { maximumFractionDigits: value < 100 ? digits : 0, useGrouping: true });
}
