const DAY_MS = 24 * 60 * 60 * 1000;
// What JavaScript clients take for a date, as precisely as both servers write it.
const DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** A moment as the days from now. */
export function daysFromNow(text) {
  if (!DATE.test(text)) return `no date: ${text}`;
  const days = rounded(new Date(text) - Date.now());
  return days === 0 ? 'now' : `in ${days} d`;
}

/** A time in days. */
export const daysOf = (ms) => `${rounded(ms)} d`;

/** To the nearest quarter of an hour: the script takes less. */
const rounded = (ms) => Math.round((ms / DAY_MS) * 96) / 96 || 0;
