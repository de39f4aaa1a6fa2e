// Refusals and answers of several differences: theirs, then ours.

export const EVERYWHERE = ['*'];
export const refusal = (theirs, ours) => ({
  status: [theirs[0], ours[0]],
  'body.message': [theirs[1], ours[1]],
  'body.code': [theirs[2], ours[2]],
});
export const absent = ['absent', 'absent'];
/** They refuse, and we sign in. */
export const signsIn = (status, message, code, held = 'a token') => ({
  ...refusal([status, message, code], ['200', ...absent]),
  'body.token': ['absent', held],
  'body.user': ['absent', 'present'],
  'cookies.session_token': ['absent', 'set'],
  [`cookies.session_token_multi-<${held}>`]: ['absent', 'set'],
});
export const invalidToken = ['401', 'Invalid session token', 'INVALID_SESSION_TOKEN'];
export const noSessionToken = [
  '400',
  '[body.sessionToken] Invalid input: expected string, received undefined',
  'VALIDATION_ERROR',
];
export const unauthorized = ['401', 'Unauthorized', 'UNAUTHORIZED'];
export const foreign = ['403', 'Invalid origin', 'INVALID_ORIGIN'];
/** They have no such path, and we answer. */
export const answers = (status) => ({
  status: ['404', status],
  'headers.content-type': ['absent', 'application/json'],
  body: ['empty', 'present'],
});
/** They sign up, and we refuse. */
export const refusesSignUp = (message, code) => ({
  ...refusal(['200', ...absent], ['400', message, code]),
  'body.token': ['a token', 'absent'],
  'body.user': ['present', 'absent'],
  'cookies.session_token': ['set', 'absent'],
  'cookies.session_token_multi-<a token>': ['set', 'absent'],
});
