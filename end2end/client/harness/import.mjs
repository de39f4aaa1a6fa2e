import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { BINARY } from './ours.mjs';

/**
 * Runs `multi-session import better-auth` and returns its output.
 *
 * @param {string} from the URL of the Better Auth database
 * @param {string} to the URL of ours
 * @param {{ secret?: string, flags?: string[] }} told
 */
export async function importFrom(from, to, { secret, flags = [] } = {}) {
  const env = { DATABASE_URL: to, NO_COLOR: '1', ...(secret && { BETTER_AUTH_SECRET: secret }) };
  const ran = await promisify(execFile)(BINARY, ['import', 'better-auth', '--from', from, ...flags], { env });
  return ran.stderr;
}
