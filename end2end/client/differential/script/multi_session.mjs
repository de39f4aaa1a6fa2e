import { as, get, post } from '../step.mjs';
import { filedAs, forged, garbage, onlyActive, onlyHeld } from '../tamper.mjs';

const of = (name) => ({ name, email: `${name.toLowerCase()}@example.org`, password: 'correct horse' });
const up = (name, keep = name.toLowerCase()) =>
  post(`multi-session: sign-up ${name}`, '/sign-up/email', of(name), { keep });
const signIn = (what, name, keep) => post(`multi-session: ${what}`, '/sign-in/email', of(name), { keep });
const list = (name, options) => get(`list-device-sessions: ${name}`, '/multi-session/list-device-sessions', options);
const session = (name, options) => get(`get-session: ${name}`, '/get-session', options);
const token = (name) => (kept) => ({ sessionToken: kept[name].token });
const activate = (name, body, options) => post(`set-active: ${name}`, '/multi-session/set-active', body, options);
const revoke = (name, body, options) => post(`revoke: ${name}`, '/multi-session/revoke', body, options);

/** Several accounts in one browser. */
export const multiSession = [
  list('signed out'),
  activate('signed out', { sessionToken: 'a'.repeat(32) }),
  activate('signed out, nothing', {}),
  revoke('signed out', { sessionToken: 'a'.repeat(32) }),
  revoke('signed out, nothing', {}),
  ...as('desk', up('Mia'), list('one account'), up('Noa'), list('two accounts'), session('the second account')),
  ...as('elsewhere', signIn('Mia on another browser', 'Mia', "mia's phone")),
  ...as(
    'desk',
    activate('nothing', {}),
    activate('no body'),
    activate('a number', { sessionToken: 7 }),
    activate('null', { sessionToken: null }),
    activate('a text', 'x', { type: 'text/plain' }),
    activate('empty', { sessionToken: '' }),
    activate('malformed JSON', '{'),
    activate('a form', new URLSearchParams({ sessionToken: 'x' })),
    activate('unknown', { sessionToken: 'a'.repeat(32) }),
    activate('odd letters', { sessionToken: '../;=\u{1f980}' }),
    activate('an unknown session id', { sessionId: 'session_123' }),
    activate("another browser's", token("mia's phone")),
    activate("another user's", token('ada')),
    activate('forged', token('mia'), { cookies: forged }),
    activate('garbage', token('mia'), { cookies: garbage }),
    activate('only the active cookie', token('mia'), { cookies: onlyActive }),
    activate('only held cookies', token('mia'), { cookies: onlyHeld }),
    list('forged', { cookies: forged }),
    list('garbage', { cookies: garbage }),
    list('only the active cookie', { cookies: onlyActive }),
    list('only held cookies', { cookies: onlyHeld }),
    session('nothing has changed'),
    activate('the other account', token('mia')),
    session('the other account'),
    activate('the active one', token('mia')),
    revoke('nothing', {}),
    revoke('no body'),
    revoke('malformed JSON', '{'),
    revoke('a number', { sessionToken: 7 }),
    revoke('unknown', { sessionToken: 'a'.repeat(32) }),
    revoke('an unknown session id', { sessionId: 'session_123' }),
    revoke("another user's", token('ada')),
    revoke('forged', token('noa'), { cookies: forged }),
    revoke('signed out, but held', token('noa'), { cookies: (cookies, kept) => onlyHeld(cookies, kept) }),
  ),
  ...as('desk', signIn('Noa once more', 'Noa', 'noa again'), list('replaced'), session('replaced')),
  ...as(
    'desk',
    revoke("the user's on another browser", token("mia's phone")),
    revoke('the active one', token('noa again')),
    session('promoted'),
    list('promoted'),
    revoke('the last one', token('mia')),
    session('the last one is revoked'),
    list('the last one is revoked'),
    revoke('once more', token('mia')),
  ),
  ...as('shared', up('Oda'), up('Pia')),
  ...as('oda on a phone', signIn('Oda on a phone', 'Oda', "oda's phone")),
  ...as(
    'shared',
    revoke('another account', token('oda')),
    session('another account is revoked'),
    signIn('Oda again', 'Oda', 'oda again'),
    post('multi-session: sign-out', '/sign-out', {}),
    list('after sign-out'),
    session('after sign-out of two'),
  ),
  ...as('oda on a phone', session('sign-out elsewhere')),
];

/** A valid cookie under the name of another session. */
export const misfiled = as(
  'misfiled',
  up('Xia'),
  activate('filed under another name', token('ada'), { cookies: filedAs('ada') }),
  session('filed under another name'),
);

/** Requests that only our plugin has. */
export const page = [
  ...as('page', up('Quin')),
  ...as("quin's phone", signIn('Quin on a phone', 'Quin', "quin's phone")),
  get('page: revoke-others as the client sends it', '/multi-session/revoke-others', {
    browser: 'page',
    headers: { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors' },
  }),
  get('page: revoke-others from another site', '/multi-session/revoke-others', {
    browser: 'page',
    headers: { 'sec-fetch-site': 'cross-site' },
  }),
  ...as("quin's phone", session('after revoke-others')),
  post('page: revoke-all', '/multi-session/revoke-all', {}, { browser: 'page' }),
  ...as('page', session('after revoke-all')),
  post('page: revoke-all signed out', '/multi-session/revoke-all', {}),
  get('page: revoke-others from a link', '/multi-session/revoke-others'),
];

/** More accounts than a browser may hold. */
export const limit = as(
  'crowded',
  ...['Ruth', 'Sia', 'Tom', 'Ugo', 'Vic'].map((name) => up(name)),
  list('five accounts'),
  signIn('at the limit, once more a held one', 'Tom', 'tom again'),
  up('Wim'),
  session('the sixth account'),
  list('the sixth account'),
  activate('the sixth account', token('wim')),
  activate('the first account', token('ruth')),
);
