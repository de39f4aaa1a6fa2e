import { parseSetCookie } from '../harness/set_cookie.mjs';
import { daysFromNow, daysOf } from './time.mjs';

const COMPARED_HEADERS = ['content-type', 'location', 'cache-control', 'pragma'];
const TOKEN = /^[A-Za-z0-9]{32}$/;
// 32 bytes in base64. A `+` may be percent-encoded or not: readers of cookies treat both the same.
const SIGNATURE = /^[A-Za-z0-9+/]{43}=$/;

/**
 * Creates the function that makes the answers of one server comparable with another's. It replaces values that
 * always differ (identifiers, tokens, times, the server's address) by a description. Everything else stays.
 *
 * @param {string} own the origin of the server
 */
export function normaliser(own) {
  /** @type {import('./step.mjs').Kept} */
  const kept = {};
  /** The descriptions of identifiers and tokens, by their value. @type {Map<string, string>} */
  const names = new Map();

  const learn = (value, name) => names.has(value) || names.set(value, name);

  /** Learns what a step keeps. */
  function keepAs(name, { token, user }) {
    kept[name] = { token };
    learn(token, `${name}'s token`);
    // The name of a held-session cookie has it in lower case.
    learn(token.toLowerCase(), `${name}'s token`);
    learn(user.id, `${name}'s user`);
  }

  /** Learns the identifiers of the sessions whose tokens are known, anywhere in a body. */
  function learnSessions(value) {
    if (value === null || typeof value !== 'object') return;
    if (names.has(value.token) && value.id) learn(value.id, names.get(value.token).replace('token', 'session'));
    Object.values(value).forEach(learnSessions);
  }

  function body(value, key = '') {
    if (Array.isArray(value)) return rows(value);
    if (value && typeof value === 'object') {
      return Object.fromEntries(Object.entries(value).map(([key, value]) => [key, body(value, key)]));
    }
    return typeof value === 'string' ? text(value, key) : value;
  }

  function text(value, key) {
    if (names.has(value)) return names.get(value);
    if (key === 'token') return TOKEN.test(value) ? 'a token' : `no token: ${value}`;
    if (key === 'id' || key === 'userId') return 'an id';
    if (key.endsWith('At')) return daysFromNow(value);
    return value.replace(own, '{own}');
  }

  /** A list of sessions: by their names, and their order. */
  function rows(values) {
    const named = values.map((value) => {
      const { token } = value.session ?? value;
      return [names.get(token)?.replace("'s token", '') ?? 'somebody', body(value)];
    });
    return { order: named.map(([name]) => name).join(', '), rows: Object.fromEntries(named) };
  }

  function cookies(headers, sent) {
    const set = headers.filter(([name]) => name === 'set-cookie').map(([, value]) => parseSetCookie(value));
    // A browser keeps the last one of a name.
    return Object.fromEntries(set.map((it) => cookie(it, sent.has(it.name))));
  }

  function cookie({ name, value, attributes }, wasSent) {
    const [, prefix, held, rest] = /^(.+?)\.(session_token_multi-)?(.+)$/.exec(name);
    const label = held ? `${held}<${names.get(rest) ?? 'a token'}>` : rest;
    const { 'Max-Age': age, ...others } = Object.fromEntries(attributes);
    if (age === '0') {
      const state = wasSent ? 'cleared' : 'cleared, though it was not sent';
      return [label, { state, prefix, value: value || 'empty', ...others }];
    }
    const lives = age === undefined ? 'as long as the window' : daysOf(age * 1000);
    return [label, { state: 'set', prefix, value: rest === 'device' ? 'a secret' : signed(value), lives, ...others }];
  }

  function signed(value) {
    const [text, signature] = decodeURIComponent(value).split('.');
    const known = names.get(text) ?? (TOKEN.test(text) ? 'a token' : text);
    return `${known}, ${SIGNATURE.test(signature) ? 'signed' : `not signed: ${signature}`}`;
  }

  /**
   * @param {import('../harness/request.mjs').Answer} answer
   * @param {{ sent?: string, keep?: string }} asked the Cookie header, and a name for the new session
   */
  function normalise({ status, headers, text }, { sent = '', keep }) {
    const isJson = headers.some(([name, value]) => name === 'content-type' && value.startsWith('application/json'));
    const parsed = isJson && text ? JSON.parse(text) : text.startsWith('<!') ? 'a page' : text || 'empty';
    if (keep && parsed.token) keepAs(keep, parsed);
    learnSessions(parsed);
    const compared = headers.filter(([name]) => COMPARED_HEADERS.includes(name));
    return {
      status,
      headers: Object.fromEntries(compared.map(([name, value]) => [name, value.replace(own, '{own}')])),
      body: body(parsed),
      cookies: cookies(headers, new Set(sent.split('; ').map((pair) => pair.split('=')[0]))),
    };
  }
  return Object.assign(normalise, { kept });
}
