/** @typedef {{ name: string, value: string, attributes: Map<string, string> }} SetCookie */

/**
 * Parses a Set-Cookie header. The value stays encoded. An attribute without a value is an empty string.
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
