import http from 'node:http';

/**
 * @typedef {object} Answer
 * @property {number} status
 * @property {string} statusText
 * @property {[string, string][]} headers in the order on the wire, names in lower case
 * @property {string} text
 */

/**
 * Sends exactly the given headers. `fetch` would add its own (`sec-fetch-mode`, `accept-language`).
 *
 * @param {string} origin
 * @param {{ method: string, path: string, headers?: Record<string, string>, body?: string }} request
 * @returns {Promise<Answer>}
 */
export function request(origin, { method, path, headers = {}, body }) {
  const { hostname, port } = new URL(origin);
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  // The exact path, which a URL object would normalise.
  const options = { hostname, port, method, path, headers: { ...length, ...headers }, agent: false };
  return new Promise((resolve, reject) => {
    const sent = http.request(options, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk) => (text += chunk));
      answer.on('error', reject);
      answer.on('end', () =>
        resolve({
          status: answer.statusCode,
          statusText: answer.statusMessage,
          headers: pairs(answer.rawHeaders),
          text,
        }),
      );
    });
    sent.setTimeout(10_000, () => sent.destroy(new Error(`${method} ${path} was not answered in 10 seconds`)));
    sent.on('error', reject);
    sent.end(body);
  });
}

/** @param {string[]} raw @returns {[string, string][]} */
function pairs(raw) {
  return Array.from({ length: raw.length / 2 }, (_, i) => [raw[2 * i].toLowerCase(), raw[2 * i + 1]]);
}
