const DAY_MS = 24 * 60 * 60 * 1000;
// The date format that JavaScript clients recognize, with the precision of both servers.
const DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** A time as the number of days from now. */
export function daysFromNow(text) {
  if (!DATE.test(text)) return `no date: ${text}`;
  const days = rounded(new Date(text) - Date.now());
  return days === 0 ? 'now' : `in ${days} d`;
}

/** A time in days. */
export const daysOf = (ms) => `${rounded(ms)} d`;

/** Rounded to a quarter of an hour, which is longer than the script takes. */
const rounded = (ms) => Math.round((ms / DAY_MS) * 96) / 96 || 0;
