import { as, get, post } from '../step.mjs';
import { unrelated } from '../tamper.mjs';

const wrong = { email: 'ada@example.org', password: 'wrong horse' };
const into = (name, headers, options) =>
  post(`origin: sign-in, ${name}`, '/sign-in/email', wrong, { headers, ...options });
const out = (name, headers, options) => post(`origin: sign-out, ${name}`, '/sign-out', {}, { headers, ...options });

/** Which pages may send what. A sign-in that passes has a wrong password. */
export const origins = [
  post(
    'origin: its own browser',
    '/sign-up/email',
    { name: 'Ori', email: 'ori@example.org', password: 'correct horse' },
    { browser: 'ori', keep: 'ori' },
  ),
  ...as(
    'ori',
    out('with cookies, none', { origin: undefined }),
    out('with cookies, null', { origin: 'null' }),
    out('with cookies, another site', { origin: 'https://evil.example' }),
    out('with cookies, a name that begins alike', (own) => ({ origin: `${own}.evil.example` })),
    out('with cookies, another scheme', (own) => ({ origin: own.replace('http:', 'https:') })),
    out('with cookies, another port', { origin: 'http://127.0.0.1:1' }),
    out('with cookies, Referer of another site', { origin: undefined, referer: 'https://evil.example/' }),
    out('with cookies, null across sites', { origin: 'null', 'sec-fetch-site': 'cross-site' }),
    out('with cookies, another site that says it is this one', {
      origin: 'https://evil.example',
      'sec-fetch-site': 'same-origin',
    }),
    post(
      'origin: unknown path with cookies, another site',
      '/nothing',
      {},
      { headers: { origin: 'https://evil.example' } },
    ),
    post('origin: POST ok with cookies, another site', '/ok', {}, { headers: { origin: 'https://evil.example' } }),
    post('origin: malformed JSON with cookies, another site', '/multi-session/revoke', '{', {
      headers: { origin: 'https://evil.example' },
    }),
    get('origin: get-session from another site', '/get-session', { headers: { origin: 'https://evil.example' } }),
    get('origin: list-device-sessions from another site', '/multi-session/list-device-sessions', {
      headers: { origin: 'https://evil.example' },
    }),
    into('with cookies, none', { origin: undefined }),
    into('with cookies, another site', { origin: 'https://evil.example' }),
    into('with cookies, its own', {}),
    into('with cookies, Referer of its own', (own) => ({ origin: undefined, referer: `${own}/sign-in` })),
    into('with cookies, null of its own site', { origin: 'null', 'sec-fetch-site': 'same-origin' }),
    out('with cookies, its own', {}),
  ),
  out('unrelated cookie, none', { origin: undefined }, { cookies: unrelated }),
  out('no cookie, none', { origin: undefined }),
  out('no cookie, another site', { origin: 'https://evil.example' }),
  into('no cookie, none', { origin: undefined }),
  into('no cookie, another site', { origin: 'https://evil.example' }),
  into('no cookie, null', { origin: 'null' }),
  into('no cookie, Referer of another site', { origin: undefined, referer: 'https://evil.example/' }),
  into('no cookie, Referer of its own', (own) => ({ origin: undefined, referer: `${own}/sign-in` })),
  into('no cookie, a script that does not say its origin', { origin: undefined, 'sec-fetch-mode': 'cors' }),
  into('no cookie, a script of another site', {
    origin: 'https://evil.example',
    'sec-fetch-site': 'cross-site',
    'sec-fetch-mode': 'cors',
  }),
  into('no cookie, a script of its own', (own) => ({
    origin: own,
    'sec-fetch-site': 'same-origin',
    'sec-fetch-mode': 'cors',
  })),
  into('no cookie, a form of another site', {
    origin: 'https://evil.example',
    'sec-fetch-site': 'cross-site',
    'sec-fetch-mode': 'navigate',
    'sec-fetch-dest': 'document',
  }),
  into('no cookie, a form of its own', (own) => ({
    origin: own,
    'sec-fetch-site': 'same-origin',
    'sec-fetch-mode': 'navigate',
  })),
];
