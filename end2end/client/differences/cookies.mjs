import { EVERYWHERE } from './helpers.mjs';

/** Cookies. @type {import('../differences.mjs').Intended[]} */
export const cookies = [
  {
    steps: EVERYWHERE,
    differs: {
      'cookies.session_token': ['cleared, though it was not sent', 'absent'],
      'cookies.session_data': ['cleared*', 'absent'],
      'cookies.dont_remember': ['cleared*', 'absent'],
    },
    reason: 'Only existing cookies are cleared. We never set the other two.',
  },
  {
    steps: EVERYWHERE,
    differs: { 'cookies.device': ['absent', 'set'] },
    reason: 'A remembered sign-in sets a device cookie, so that sign-ins on new devices can be reported.',
  },
  {
    steps: [
      'sign-up: not remembered',
      'sessions: not remembered',
      'multi-session/set-active: not remembered',
      'change-password: sign-in, not remembered',
      'change-password: not remembered',
    ],
    differs: { 'cookies.dont_remember': ['set', 'absent'] },
    reason: 'The database stores whether a session is remembered, so no cookie is needed for it.',
  },
  {
    steps: [
      'sign-up: not remembered',
      'sessions: not remembered',
      'change-password: sign-in, not remembered',
      'change-password: not remembered',
    ],
    differs: { 'cookies.session_token_multi-*.lives': ['7 d', 'as long as the window'] },
    reason: 'A session that is not remembered ends with the browser window. Better Auth leaves it in the switcher.',
  },
  {
    steps: ['change-password: not remembered, a new session'],
    differs: { 'body.session.expiresAt': ['in 7 d', 'in 1 d'] },
    reason: 'The new session after a password change is not remembered either.',
  },
  {
    steps: [
      'get-session: forged cookies',
      'get-session: unsigned cookies',
      'get-session: garbage for cookies',
      'list-sessions: forged cookies',
      'set-active: forged',
      'set-active: garbage',
      'revoke: forged',
      'list-device-sessions: forged',
      'list-device-sessions: garbage',
    ],
    differs: { 'cookies.session_token_multi-*': ['absent', 'cleared'] },
    reason: 'Invalid cookies are cleared. Better Auth keeps them and counts them towards its limit.',
  },
  {
    steps: [
      'sign-out: forged cookies',
      'get-session: revoked with the others',
      'revoke-session: its own',
      'sessions: sign-in on the phone again',
      'revoke-sessions',
      'get-session: after revoke-sessions elsewhere',
      'change-password: changed, and the others revoked',
      'change-password: the phone is out',
      'change-password: not remembered',
    ],
    differs: { 'cookies.session_token_multi-*': ['absent', 'cleared'] },
    reason: 'Invalid cookies are cleared. Better Auth keeps them and counts them towards its limit.',
  },
  {
    steps: ['change-password: changed'],
    differs: {
      'cookies.session_token': ['absent', 'set'],
      'cookies.session_token_multi-<a token>': ['absent', 'set'],
      "cookies.session_token_multi-<pat's token>": ['absent', 'cleared'],
    },
    reason: 'A password change is a proof, so the cookie is rotated: the old one stops working once the new one is used (ASVS 5.0, 7.2.4).',
  },
  {
    steps: ['change-password: still signed in'],
    differs: {
      'body.session.token': ["pat's token", 'a token'],
      'body.session.id': ["pat's session", 'an id'],
    },
    reason: 'It is the same session with another token.',
  },
  {
    steps: [
      'list-sessions: revoked',
      'get-session: revoked with the others',
      'get-session: after revoke-sessions elsewhere',
      'change-password: the phone is out',
    ],
    differs: { 'cookies.session_token': ['cleared', 'absent'] },
    reason:
      'An answer to a read may arrive after that of a new sign-in, so it does not change this cookie. A dead cookie is harmless.',
  },
  {
    steps: ['multi-session/set-active: revoked'],
    differs: { 'cookies.session_token_multi-*': ['cleared', 'absent'] },
    reason: 'A revocation can be undone for ten seconds. Meanwhile the cookies are invalid but stay.',
  },
  {
    steps: ['sign-out'],
    differs: { 'cookies.session_token_multi-*': ['cleared', 'absent'] },
    reason: 'An earlier answer has already cleared these dead cookies.',
  },
  {
    steps: [
      'get-session: only the active cookie',
      'list-device-sessions: only the active cookie',
      'set-active: only the active cookie',
    ],
    differs: { 'cookies.session_token_multi-*': ['absent', 'set'] },
    reason: 'The active session is always held too, so a lost cookie is set again.',
  },
  {
    steps: [
      'multi-session/set-active: not remembered',
      'set-active: only held cookies',
      'set-active: the other account',
      'set-active: the active one',
    ],
    differs: { 'cookies.session_token_multi-*': ['absent', 'set'] },
    reason:
      'Switching sets both cookies of the session, so that the account stays in the switcher until its session ends.',
  },
];
