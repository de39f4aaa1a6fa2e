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
    reason: 'Only what the browser has is cleared: we never set the other two.',
  },
  {
    steps: EVERYWHERE,
    differs: { 'cookies.device': ['absent', 'set'] },
    reason: 'Who signs in and is remembered is recognised the next time: a sign-in from a browser never seen is told.',
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
    reason: 'Whether a session is remembered stands in the database, so no cookie has to say it.',
  },
  {
    steps: [
      'sign-up: not remembered',
      'sessions: not remembered',
      'change-password: sign-in, not remembered',
      'change-password: not remembered',
    ],
    differs: { 'cookies.session_token_multi-*.lives': ['7 d', 'as long as the window'] },
    reason: 'A session that is not remembered goes with the window altogether; Better Auth leaves it in the switcher.',
  },
  {
    steps: ['change-password: not remembered, a new session'],
    differs: { 'body.session.expiresAt': ['in 7 d', 'in 1 d'] },
    reason: 'The session that follows a change of password is not remembered either.',
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
    reason: 'A cookie that opens nothing is cleared; Better Auth keeps it, and counts it towards its limit.',
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
    reason: 'A cookie that opens nothing is cleared; Better Auth keeps it, and counts it towards its limit.',
  },
  {
    steps: ['change-password: changed'],
    differs: {
      'cookies.session_token': ['absent', 'set'],
      'cookies.session_token_multi-<a token>': ['absent', 'set'],
      "cookies.session_token_multi-<pat's token>": ['absent', 'cleared'],
    },
    reason: 'Whoever changes the password proves who they are: the cookie so far is dead once the new one is used (ASVS 5.0, 7.2.4).',
  },
  {
    steps: ['change-password: still signed in'],
    differs: {
      'body.session.token': ["pat's token", 'a token'],
      'body.session.id': ["pat's session", 'an id'],
    },
    reason: 'It is the same session, which goes on by another token.',
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
      'An answer to a read may arrive after that of a new sign-in, so it leaves this cookie alone: dead, it opens nothing.',
  },
  {
    steps: ['multi-session/set-active: revoked'],
    differs: { 'cookies.session_token_multi-*': ['cleared', 'absent'] },
    reason: 'A revocation can be undone for ten seconds: meanwhile the cookies open nothing, and stay.',
  },
  {
    steps: ['sign-out'],
    differs: { 'cookies.session_token_multi-*': ['cleared', 'absent'] },
    reason: 'Those dead cookies were cleared by an earlier answer.',
  },
  {
    steps: [
      'get-session: only the active cookie',
      'list-device-sessions: only the active cookie',
      'set-active: only the active cookie',
    ],
    differs: { 'cookies.session_token_multi-*': ['absent', 'set'] },
    reason: 'The active session is always held too: a lost cookie is set again.',
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
      'Switching renews both cookies of the session, so that the account does not leave the switcher before its session ends.',
  },
];
