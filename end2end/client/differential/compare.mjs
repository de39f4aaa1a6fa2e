/**
 * One place in which two answers differ.
 *
 * @typedef {{ step: string, at: string, theirs: string, ours: string }} Difference
 */

/**
 * Finds every place in which two normalised answers differ. A place that one of them lacks is one difference,
 * however much the other has there.
 *
 * @param {string} step
 * @returns {Difference[]}
 */
export function differencesOf(step, theirs, ours, at = '') {
  if (isObject(theirs) && isObject(ours)) {
    const keys = new Set([...Object.keys(theirs), ...Object.keys(ours)]);
    return [...keys].flatMap((key) => differencesOf(step, theirs[key], ours[key], at ? `${at}.${key}` : key));
  }
  const [left, right] = [told(theirs), told(ours)];
  return left === right ? [] : [{ step, at, theirs: left, ours: right }];
}

const isObject = (value) => value !== null && typeof value === 'object';

function told(value) {
  if (value === undefined) return 'absent';
  if (isObject(value)) return value.state ?? 'present';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
