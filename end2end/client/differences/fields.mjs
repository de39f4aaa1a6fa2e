import { EVERYWHERE } from './helpers.mjs';

/** Names, times and fields. @type {import('../differences.mjs').Intended[]} */
export const fields = [
  {
    steps: EVERYWHERE,
    differs: { 'cookies.*.prefix': ['better-auth', 'multi-session'] },
    reason: 'The cookies have our prefix; `MULTI_SESSION_COOKIE_PREFIX` sets another one.',
  },
  {
    steps: EVERYWHERE,
    differs: { 'body.*expiresAt': ['in 7 d', 'in 30 d'] },
    reason: 'A session lives 30 days without activity; `MULTI_SESSION_SESSION_TIMEOUT` sets another time.',
  },
  {
    steps: EVERYWHERE,
    differs: { 'cookies.session_token*.lives': ['7 d', '90 d'] },
    reason:
      'A cookie lives until the absolute timeout, as long as activity can extend its session: so no late answer has to set it again.',
  },
  {
    steps: EVERYWHERE,
    differs: { 'body.*user.image': ['absent', 'null'] },
    reason:
      "A user without a picture has `image: null`, as with each of Better Auth's SQL adapters; its memory adapter leaves it out.",
  },
  {
    steps: EVERYWHERE,
    differs: { 'body.*session.ipAddress': ['', '127.0.0.1'] },
    reason: 'The address of the socket is known, so it is told.',
  },
  {
    steps: ['list-sessions: *', 'change-password: the only one'],
    differs: { 'body.rows.*.ipAddress': ['', '127.0.0.1'] },
    reason: 'The address of the socket is known, so it is told.',
  },
  {
    steps: ['get-session: behind a proxy, without a user agent'],
    differs: { 'body.session.ipAddress': ['203.0.113.7', '127.0.0.1'] },
    reason: 'Anybody can write X-Forwarded-For: only proxies named in `MULTI_SESSION_TRUSTED_PROXIES` are believed.',
  },
  {
    steps: EVERYWHERE,
    differs: { 'headers.cache-control': ['absent', 'no-store'] },
    reason: 'No answer of the API is for caches, not only that of get-session.',
  },
  {
    steps: ['POST get-session'],
    differs: { 'headers.pragma': ['no-cache', 'absent'] },
    reason: 'The refusal has nothing in it that a cache of HTTP/1.0 could keep.',
  },
];
