/** @typedef {{ name: string, value: string, attributes: Map<string, string> }} SetCookie */

/**
 * Reads a Set-Cookie header. The value stays as it is written; an attribute without one is the empty text.
 *
 * @param {string} header
 * @returns {SetCookie}
 */
export function parseSetCookie(header) {
  const [[name, value], ...attributes] = header.split(';').map((part) => {
    const [key, ...rest] = part.trim().split('=');
    return /** @type {[string, string]} */ ([key, rest.join('=')]);
  });
  return { name, value, attributes: new Map(attributes) };
}
