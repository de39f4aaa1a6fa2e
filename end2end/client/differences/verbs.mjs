import { absent, answers, invalidToken, noSessionToken, refusal, unauthorized } from './helpers.mjs';

/** What the verbs take. @type {import('../differences.mjs').Intended[]} */
export const verbs = [
  {
    steps: ['set-active: an unknown session id', 'revoke: an unknown session id'],
    differs: refusal(noSessionToken, invalidToken),
    reason: 'Both take `sessionId` beside `sessionToken`.',
  },
  {
    steps: ['revoke: signed out, but held'],
    differs: {
      ...refusal(unauthorized, ['200', ...absent]),
      'body.status': ['absent', 'true'],
      "cookies.session_token_multi-<noa's token>": ['absent', 'cleared'],
    },
    reason: 'What the browser holds it can end, also while no account is active.',
  },
  {
    steps: ['set-active: filed under another name'],
    differs: {
      ...refusal(['200', ...absent], invalidToken),
      'body.session': ['present', 'absent'],
      'body.user': ['present', 'absent'],
      'cookies.session_token': ['set', 'absent'],
    },
    reason: 'A cookie under a name that is not its own counts as none.',
  },
  {
    steps: ['get-session: filed under another name'],
    differs: { body: ['null', 'present'], 'cookies.session_token': ['cleared', 'absent'] },
    reason:
      'Better Auth took that cookie for an older session of the user, and ended the session that it had just made active.',
  },
  {
    steps: ['page: revoke-others as the client sends it', 'page: revoke-all'],
    differs: answers('200'),
    reason:
      "The page's `revokeOthers()` and `revokeAll()`; Better Auth's are `revokeOtherSessions()` and `revokeSessions()`.",
  },
  {
    steps: ['page: revoke-all'],
    differs: { 'cookies.session_token*': ['absent', 'cleared'] },
    reason: "The page's `revokeAll()` ends the session that asks for it too.",
  },
  {
    steps: ['page: revoke-others from another site', 'page: revoke-others from a link'],
    differs: answers('403'),
    reason: 'That GET changes something, so only a script of the same origin may send it.',
  },
  {
    steps: ['page: revoke-all signed out'],
    differs: answers('401'),
    reason: 'Nobody is signed in whose sessions could end.',
  },
  {
    steps: ['get-session: after revoke-others', 'get-session: after revoke-all'],
    differs: { body: ['present', 'null'] },
    reason: 'Those sessions have ended.',
  },
  {
    steps: ['get-session: after revoke-others'],
    differs: { 'cookies.session_token*': ['absent', 'cleared'] },
    reason: 'Those sessions have ended.',
  },
  {
    steps: ['error page', 'error page without a code'],
    differs: { 'headers.content-type': ['text/html', 'text/html; charset=utf-8'] },
    reason: 'The header says the encoding, so that no browser has to guess it.',
  },
  {
    steps: [
      'reset-password by a link: of no mail',
      'reset-password by a link: of no mail, with a query',
      'reset-password by a link: to nowhere',
    ],
    differs: { 'headers.content-type': ['application/json', 'absent'] },
    reason: 'A redirect has no body, and so no type.',
  },
];
