import { absent, foreign, refusal, signsIn, unauthorized } from './helpers.mjs';

/** Which pages may send what. @type {import('../differences.mjs').Intended[]} */
export const origins = [
  {
    steps: ['origin: unknown path with cookies, another site', 'origin: POST ok with cookies, another site'],
    differs: {
      status: ['404', '403'],
      'headers.content-type': ['absent', 'application/json'],
      body: ['empty', 'present'],
    },
    reason: 'The origin is checked before anything else.',
  },
  {
    steps: ['origin: malformed JSON with cookies, another site'],
    differs: refusal(['400', 'Invalid JSON in request body', 'BAD_REQUEST'], foreign),
    reason: 'The origin is checked before anything else.',
  },
  {
    steps: ['origin: sign-out, no cookie, another site'],
    differs: { ...refusal(['200', ...absent], foreign), 'body.success': ['true', 'absent'] },
    reason: 'A page of another site must not change anything, even without cookies.',
  },
  {
    steps: ['origin: sign-in, no cookie, a script that does not say its origin'],
    differs: refusal(
      ['403', 'Missing or null Origin', 'MISSING_OR_NULL_ORIGIN'],
      ['401', 'Invalid email or password', 'INVALID_EMAIL_OR_PASSWORD'],
    ),
    reason: 'Without cookies, Sec-Fetch-Mode alone is what `fetch` sends on a server. It does not name a site.',
  },
  {
    steps: ['revoke-session: signed out and no token'],
    differs: refusal(
      ['400', '[body.token] Invalid input: expected string, received undefined', 'VALIDATION_ERROR'],
      unauthorized,
    ),
    reason: 'The sign-in is checked before the input.',
  },
  {
    steps: ['change-password: signed out, nothing'],
    differs: refusal(['400', '[body.*', 'VALIDATION_ERROR'], unauthorized),
    reason: 'The sign-in is checked before the input.',
  },
  {
    steps: [
      'sign-in: an address for errors on another site',
      'sign-in: an address for new users on another site',
      'sign-in: an address to be redirected to on another site',
      'sign-in: a callback in the query on another site',
    ],
    differs: { ...signsIn('403', 'Invalid *', 'INVALID_*'), 'body.redirect': ['absent', 'false'] },
    reason: 'These fields are not read, so they have no effect.',
  },
  {
    steps: ['sign-in: a wrong password and the callback "/x/../..//evil.example"'],
    differs: refusal(
      ['401', 'Invalid email or password', 'INVALID_EMAIL_OR_PASSWORD'],
      ['403', 'Invalid callbackURL', 'INVALID_CALLBACK_URL'],
    ),
    reason: 'It resolves to a path with two slashes, which names another host if only the path is used.',
  },
  {
    steps: ['sign-out: a callback on another site'],
    differs: {
      ...refusal(['403', 'Invalid callbackURL', 'INVALID_CALLBACK_URL'], ['200', ...absent]),
      'body.success': ['absent', 'true'],
    },
    reason: 'This field is not read, so it has no effect.',
  },
];
