import { parseSetCookie } from './set_cookie.mjs';
import { request } from './request.mjs';

/** One browser: it keeps cookies by name and sends the headers of its page. */
export class Jar {
  /** @type {Map<string, string>} raw values by name, the oldest first */
  cookies = new Map();

  /** @param {string} origin of the server, and of the page */
  constructor(origin, userAgent = 'Jar/1.0') {
    this.origin = origin;
    this.userAgent = userAgent;
  }

  /** Its session cookies: all except the device cookie. */
  get sessions() {
    return new Map([...this.cookies].filter(([name]) => !name.endsWith('.device')));
  }

  /** The Cookie header, or undefined for an empty jar. */
  get header() {
    return this.cookies.size ? [...this.cookies].map((pair) => pair.join('=')).join('; ') : undefined;
  }

  /**
   * Sends the jar's cookies, and keeps those of the answer. A header given as undefined is left out.
   *
   * @param {{ method: string, path: string, headers?: Record<string, string | undefined>, body?: string }} asked
   */
  async send({ headers = {}, ...asked }) {
    const all = { 'user-agent': this.userAgent, cookie: this.header, ...headers };
    const present = Object.entries(all).filter(([, value]) => value !== undefined);
    const answer = await request(this.origin, { ...asked, headers: Object.fromEntries(present) });
    for (const [name, value] of answer.headers) {
      if (name === 'set-cookie') this.keep(value);
    }
    return answer;
  }

  /** `fetch` for a script of the server's own page. The real client uses it. */
  fetch = async (/** @type {string | URL} */ url, /** @type {RequestInit} */ init = {}) => {
    const { pathname, search } = new URL(url);
    const method = init.method ?? 'GET';
    const headers = {
      ...Object.fromEntries(new Headers(init.headers)),
      origin: method === 'GET' ? undefined : this.origin,
      'sec-fetch-site': 'same-origin',
      'sec-fetch-mode': 'cors',
      'sec-fetch-dest': 'empty',
    };
    const answer = await this.send({ method, path: pathname + search, headers, body: init.body ?? undefined });
    return new Response(answer.text || null, answer);
  };

  /** The same browser after another server took over its address. */
  movedTo(origin) {
    const moved = new Jar(origin, this.userAgent);
    moved.cookies = new Map(this.cookies);
    return moved;
  }

  /** Applies a Set-Cookie header. */
  keep(header) {
    const { name, value, attributes } = parseSetCookie(header);
    if (attributes.get('Max-Age') === '0') this.cookies.delete(name);
    else this.cookies.set(name, value);
  }
}
