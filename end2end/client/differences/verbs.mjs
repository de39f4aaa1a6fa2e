import { absent, answers, invalidToken, noSessionToken, refusal, unauthorized } from './helpers.mjs';

/** What the verbs take. @type {import('../differences.mjs').Intended[]} */
export const verbs = [
  {
    steps: ['set-active: an unknown session id', 'revoke: an unknown session id'],
    differs: refusal(noSessionToken, invalidToken),
    reason: 'Both accept `sessionId` as well as `sessionToken`.',
  },
  {
    steps: ['revoke: signed out, but held'],
    differs: {
      ...refusal(unauthorized, ['200', ...absent]),
      'body.status': ['absent', 'true'],
      "cookies.session_token_multi-<noa's token>": ['absent', 'cleared'],
    },
    reason: 'A browser can end the sessions that it holds, even while no account is active.',
  },
  {
    steps: ['set-active: filed under another name'],
    differs: {
      ...refusal(['200', ...absent], invalidToken),
      'body.session': ['present', 'absent'],
      'body.user': ['present', 'absent'],
      'cookies.session_token': ['set', 'absent'],
    },
    reason: 'A cookie under the name of another session is invalid.',
  },
  {
    steps: ['get-session: filed under another name'],
    differs: { body: ['null', 'present'], 'cookies.session_token': ['cleared', 'absent'] },
    reason:
      'Better Auth read that cookie as an older session of the user, and ended the session that it had just activated.',
  },
  {
    steps: ['page: revoke-others as the client sends it', 'page: revoke-all'],
    differs: answers('200'),
    reason:
      "These are our `revokeOthers()` and `revokeAll()`. Better Auth has `revokeOtherSessions()` and `revokeSessions()`.",
  },
  {
    steps: ['page: revoke-all'],
    differs: { 'cookies.session_token*': ['absent', 'cleared'] },
    reason: "Our `revokeAll()` also ends the session that calls it.",
  },
  {
    steps: ['page: revoke-others from another site', 'page: revoke-others from a link'],
    differs: answers('403'),
    reason: 'That GET changes something, so only a script of the same origin may send it.',
  },
  {
    steps: ['page: revoke-all signed out'],
    differs: answers('401'),
    reason: 'Nobody is signed in, so there are no sessions to end.',
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
    reason: 'The header has the encoding, so that browsers need not guess it.',
  },
  {
    steps: [
      'reset-password by a link: of no mail',
      'reset-password by a link: of no mail, with a query',
      'reset-password by a link: to nowhere',
    ],
    differs: { 'headers.content-type': ['application/json', 'absent'] },
    reason: 'A redirect has no body, so it has no content type.',
  },
];
