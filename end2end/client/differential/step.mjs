/**
 * One request of the script.
 *
 * @typedef {object} Step
 * @property {string} name
 * @property {string} method
 * @property {string} path below /api/auth
 * @property {string} [browser] whose cookies are sent and kept; without it a new browser's
 * @property {Body | ((kept: Kept, own: string) => Body)} [body] `own` is the origin of the server that is asked
 * @property {string} [type] the content type, if it is not the body's usual one
 * @property {Headers | ((own: string) => Headers)} [headers] undefined removes one
 * @property {(cookies: Map<string, string>, kept: Kept) => string | undefined} [cookies] changes what is sent as the
 *   Cookie header, and the browser keeps nothing of the answer
 * @property {string} [keep] a name for the session of the answer, for later steps
 *
 * @typedef {object | string | URLSearchParams | undefined} Body text is sent as it is
 * @typedef {Record<string, string | undefined>} Headers
 * @typedef {Record<string, { token: string }>} Kept
 */

/** @returns {Step} */
export const ask = (method, name, path, options = {}) => ({ name, method, path, ...options });

/** @returns {Step} */
export const get = (name, path, options) => ask('GET', name, path, options);

/** @returns {Step} */
export const post = (name, path, body, options) => ask('POST', name, path, { body, ...options });

/** The same browser for each of the steps. @returns {Step[]} */
export const as = (browser, ...steps) => steps.map((step) => ({ browser, ...step }));
