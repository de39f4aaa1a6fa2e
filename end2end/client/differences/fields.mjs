import { EVERYWHERE } from './helpers.mjs';

/** Names, times and fields. @type {import('../differences.mjs').Intended[]} */
export const fields = [
  {
    steps: EVERYWHERE,
    differs: { 'cookies.*.prefix': ['better-auth', 'multi-session'] },
    reason: 'The cookies have our prefix. `MULTI_SESSION_COOKIE_PREFIX` sets another one.',
  },
  {
    steps: EVERYWHERE,
    differs: { 'body.*expiresAt': ['in 7 d', 'in 30 d'] },
    reason: 'The idle timeout is 30 days. `MULTI_SESSION_SESSION_TIMEOUT` sets another one.',
  },
  {
    steps: EVERYWHERE,
    differs: { 'cookies.session_token*.lives': ['7 d', '90 d'] },
    reason:
      'A cookie lives until the absolute timeout, so that no later answer has to send it again when activity extends the session.',
  },
  {
    steps: EVERYWHERE,
    differs: { 'body.*user.image': ['absent', 'null'] },
    reason:
      "A user without a picture has `image: null`, as with Better Auth's SQL adapters. Its memory adapter omits the field.",
  },
  {
    steps: EVERYWHERE,
    differs: { 'body.*session.ipAddress': ['', '127.0.0.1'] },
    reason: 'The address of the connection is known, so it is returned.',
  },
  {
    steps: ['list-sessions: *', 'change-password: the only one'],
    differs: { 'body.rows.*.ipAddress': ['', '127.0.0.1'] },
    reason: 'The address of the connection is known, so it is returned.',
  },
  {
    steps: ['get-session: behind a proxy, without a user agent'],
    differs: { 'body.session.ipAddress': ['203.0.113.7', '127.0.0.1'] },
    reason: 'Anybody can send X-Forwarded-For, so only proxies in `MULTI_SESSION_TRUSTED_PROXIES` are trusted.',
  },
  {
    steps: EVERYWHERE,
    differs: { 'headers.cache-control': ['absent', 'no-store'] },
    reason: 'No answer of the API is cached, not only that of get-session.',
  },
  {
    steps: ['POST get-session'],
    differs: { 'headers.pragma': ['no-cache', 'absent'] },
    reason: 'The refusal contains nothing that an HTTP/1.0 cache could store.',
  },
];
