import { differences } from '../differences.mjs';

/**
 * The list, one entry for each step and place. `*` stands for anything, in the expected values too.
 *
 * @type {(import('./compare.mjs').Difference & { reason: string })[]}
 */
export const listed = differences.flatMap(({ steps, differs, reason }) =>
  steps.flatMap((step) => Object.entries(differs).map(([at, [theirs, ours]]) => ({ step, at, theirs, ours, reason }))),
);

/**
 * Whether a listed difference covers one that was found.
 *
 * @param {import('./compare.mjs').Difference} listed
 * @param {import('./compare.mjs').Difference} found
 */
export function covers(listed, found) {
  return ['step', 'at', 'theirs', 'ours'].every((key) => matches(listed[key], found[key]));
}

function matches(pattern, text) {
  const literal = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${literal.join('.*')}$`, 's').test(text);
}
