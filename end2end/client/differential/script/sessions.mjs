import { as, get, post } from '../step.mjs';
import { amongOthers, forged, garbage, onlyActive, onlyHeld, unsigned } from '../tamper.mjs';

const sam = { name: 'Sam', email: 'sam@example.org', password: 'correct horse' };
const signIn = (name, keep, change) => post(`sessions: ${name}`, '/sign-in/email', { ...sam, ...change }, { keep });
const session = (name, options) => get(`get-session: ${name}`, '/get-session', options);

/** Who is signed in, and the sessions of one user on several browsers. */
export const sessions = [
  session('signed out'),
  get('list-sessions: signed out', '/list-sessions'),
  post('revoke-session: signed out', '/revoke-session', { token: 'x' }),
  post('revoke-session: signed out and no token', '/revoke-session', {}),
  post('revoke-sessions: signed out', '/revoke-sessions', {}),
  post('revoke-other-sessions: signed out', '/revoke-other-sessions', {}),
  post('update-session: signed out', '/update-session', {}),
  post('sign-out: signed out', '/sign-out', {}),
  post('sign-out: signed out, no body', '/sign-out'),

  post('sign-out: malformed JSON', '/sign-out', '{'),
  post('sign-out: a text', '/sign-out', 'x', { type: 'text/plain' }),
  post('sign-out: a list', '/sign-out', '[]'),
  post('sign-out: an empty body that is said to be JSON', '/sign-out', ''),
  post('sign-out: a form', '/sign-out', new URLSearchParams({ a: 'b' })),

  post('sessions: sign-up', '/sign-up/email', sam, { browser: 'sam', keep: 'sam' }),
  ...as(
    'sam',
    session('signed in'),
    get('get-session: without the cookie cache', '/get-session?disableCookieCache=true'),
    get('get-session: without refresh', '/get-session?disableRefresh=true'),
    get('get-session: a wrong query', '/get-session?disableCookieCache=maybe'),
    session('forged cookies', { cookies: forged }),
    session('unsigned cookies', { cookies: unsigned }),
    session('garbage for cookies', { cookies: garbage }),
    session('only the active cookie', { cookies: onlyActive }),
    session('only held cookies', { cookies: onlyHeld }),
    session('among other cookies', { cookies: amongOthers }),
    get('list-sessions: forged cookies', '/list-sessions', { cookies: forged }),
    get('list-sessions: one', '/list-sessions'),
    post('sign-out: forged cookies', '/sign-out', {}, { cookies: forged }),
  ),
  ...as('sam on a phone', signIn('sign-in on a phone', "sam's phone")),
  ...as('sam on a tablet', signIn('sign-in on a tablet', "sam's tablet")),
  ...as(
    'sam',
    get('list-sessions: three', '/list-sessions'),
    post('revoke-session: no token', '/revoke-session', {}),
    post('revoke-session: a number', '/revoke-session', { token: 7 }),
    post('revoke-session: no body', '/revoke-session'),
    post('revoke-session: malformed JSON', '/revoke-session', '{'),
    post('revoke-session: a form', '/revoke-session', new URLSearchParams({ token: 'x' })),
    post('revoke-session: unknown', '/revoke-session', { token: 'a'.repeat(32) }),
    post("revoke-session: another user's", '/revoke-session', ({ ada }) => ({ token: ada.token })),
    post('revoke-session: the phone', '/revoke-session', (kept) => ({ token: kept["sam's phone"].token })),
    get('list-sessions: two', '/list-sessions'),
  ),
  ...as(
    'sam on a phone',
    get('list-sessions: revoked', '/list-sessions'),
    post('multi-session/set-active: revoked', '/multi-session/set-active', (kept) => ({
      sessionToken: kept["sam's phone"].token,
    })),
    session('revoked'),
    session('revoked, once more'),
  ),
  ...as(
    'sam',
    post('revoke-other-sessions', '/revoke-other-sessions', {}),
    get('list-sessions: one again', '/list-sessions'),
    post('revoke-other-sessions: malformed JSON', '/revoke-other-sessions', '{'),
    post('revoke-other-sessions: a text', '/revoke-other-sessions', 'x', { type: 'text/plain' }),
    post('revoke-other-sessions: there is none', '/revoke-other-sessions'),
  ),
  ...as('sam on a tablet', session('revoked with the others')),
  ...as(
    'sam',
    post('update-session: no body', '/update-session'),
    post('update-session: nothing', '/update-session', {}),
    post('update-session: an unknown field', '/update-session', { theme: 'dark' }),
    post('update-session: a core field', '/update-session', { userId: 'x', expiresAt: '2099-01-01T00:00:00.000Z' }),
    post('update-session: malformed JSON', '/update-session', '{'),
    post('update-session: a list', '/update-session', '[]'),
    post('update-session: a text', '/update-session', 'x', { type: 'text/plain' }),
    post('revoke-session: its own', '/revoke-session', ({ sam }) => ({ token: sam.token })),
    session('after revoking its own'),
    get('list-device-sessions: after revoking its own', '/multi-session/list-device-sessions'),
    signIn('sign-in again', 'sam again'),
  ),
  ...as('sam on a phone', signIn('sign-in on the phone again', "sam's phone again")),
  ...as(
    'sam',
    post('revoke-sessions: malformed JSON', '/revoke-sessions', '{'),
    post('revoke-sessions: a text', '/revoke-sessions', 'x', { type: 'text/plain' }),
    post('revoke-sessions', '/revoke-sessions'),
    session('after revoke-sessions'),
  ),
  ...as('sam on a phone', session('after revoke-sessions elsewhere')),
  ...as(
    'sam',
    signIn('not remembered', 'unremembered', { rememberMe: false }),
    session('not remembered'),
    get('list-device-sessions: not remembered', '/multi-session/list-device-sessions'),
    post('multi-session/set-active: not remembered', '/multi-session/set-active', ({ unremembered }) => ({
      sessionToken: unremembered.token,
    })),
    signIn('remembered after all', 'remembered'),
    session('remembered after all'),
    post('sign-out', '/sign-out', {}),
    session('after sign-out'),
    post('sign-out: once more', '/sign-out', {}),
    post('multi-session/set-active: after sign-out', '/multi-session/set-active', ({ remembered }) => ({
      sessionToken: remembered.token,
    })),
  ),
  ...as(
    'sam behind a proxy',
    post('sessions: sign-in behind a proxy', '/sign-in/email', sam, {
      headers: { 'x-forwarded-for': '203.0.113.7', 'user-agent': undefined },
    }),
    session('behind a proxy, without a user agent'),
  ),
];
