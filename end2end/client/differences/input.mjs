import { absent, refusal, refusesSignUp, signsIn } from './helpers.mjs';

/** What people type. @type {import('../differences.mjs').Intended[]} */
export const input = [
  {
    steps: ['sign-up: a name with blanks around it'],
    differs: { 'body.user.name': ['  Una  ', 'Una'] },
    reason: 'Names are trimmed.',
  },
  {
    steps: ['sign-up: an email with blanks around it'],
    differs: signsIn('400', '[body.email] Invalid email address', 'VALIDATION_ERROR'),
    reason: 'Addresses are trimmed.',
  },
  {
    steps: ['sign-in: an email with blanks around it'],
    differs: { ...signsIn('400', 'Invalid email', 'INVALID_EMAIL'), 'body.redirect': ['absent', 'false'] },
    reason: 'Addresses are trimmed.',
  },
  {
    steps: [
      'sign-in: a domain of one letter',
      'sign-in: a number for a host',
      'sign-in: a letter with an accent',
      'sign-in: a name in quotes',
      'sign-in: another sign of ASCII',
    ],
    differs: refusal(
      ['400', 'Invalid email', 'INVALID_EMAIL'],
      ['401', 'Invalid email or password', 'INVALID_EMAIL_OR_PASSWORD'],
    ),
    reason: 'RFC 5321 and 6531 allow such addresses. Only a mail can show whether they exist.',
  },
  {
    steps: ['sign-up: a password of 4 code points and 8 units'],
    differs: refusesSignUp('Password too short', 'PASSWORD_TOO_SHORT'),
    reason: 'A character is a code point (NIST SP 800-63B), not half of one.',
  },
  {
    steps: ['sign-up: a password of 65 code points and 130 units'],
    differs: signsIn('400', 'Password too long', 'PASSWORD_TOO_LONG'),
    reason: 'A character is a code point (NIST SP 800-63B), not half of one.',
  },
  {
    steps: ['sign-in: null for rememberMe'],
    differs: {
      ...signsIn('400', '[body.rememberMe] Invalid input: expected boolean, received null', 'VALIDATION_ERROR'),
      'body.redirect': ['absent', 'false'],
    },
    reason: 'An optional field may be null.',
  },
  {
    steps: ['sign-up: null for a picture'],
    differs: signsIn('400', '[body.image] Invalid input: expected string, received null', 'VALIDATION_ERROR'),
    reason: 'An optional field may be null.',
  },
  {
    steps: ['change-password: null for revokeOtherSessions'],
    differs: {
      'body.message': ['[body.revokeOtherSessions] Invalid input: expected boolean, received null', 'Invalid password'],
      'body.code': ['VALIDATION_ERROR', 'INVALID_PASSWORD'],
    },
    reason: 'An optional field may be null.',
  },
  {
    steps: ['sign-in: a form, not remembered'],
    differs: {
      ...signsIn('400', '[body.rememberMe] Invalid input: expected boolean, received string', 'VALIDATION_ERROR'),
      'body.redirect': ['absent', 'false'],
    },
    reason: 'A form can only send text.',
  },
  {
    steps: ['sign-up: a number for a callback', 'sign-in: a number for a callback'],
    differs: {
      'body.message': [
        'Invalid callbackURL: expected a string',
        '[body.callbackURL] Invalid input: expected string, received number',
      ],
      'body.code': ['absent', 'VALIDATION_ERROR'],
    },
    reason: 'A wrong type gets the same error as in every other field.',
  },
  {
    steps: ['sign-in: a body without a type'],
    differs: refusal(
      ['400', '[body] Invalid input: expected object, received undefined', 'VALIDATION_ERROR'],
      ['415', 'Content-Type "" is not allowed. Allowed types: *', 'UNSUPPORTED_MEDIA_TYPE'],
    ),
    reason: 'The content type is missing, not the body.',
  },
  {
    steps: ['update-session: a list'],
    differs: {
      'body.message': [
        '[body] Invalid input: expected record, received array',
        '[body] Invalid input: expected object, received array',
      ],
    },
    reason: 'Messages use the same word everywhere.',
  },
  {
    steps: ['sign-in: 100 KiB'],
    differs: refusal(
      ['400', 'Password too long', 'PASSWORD_TOO_LONG'],
      ['413', 'Request body is larger than 64 KiB', 'PAYLOAD_TOO_LARGE'],
    ),
    reason: 'The size of a body is limited before it is read.',
  },
  {
    steps: ['sign-up: a name of 101'],
    differs: refusesSignUp('Invalid name', 'INVALID_NAME'),
    reason: 'Stored values are limited: a name to 100 characters.',
  },
  {
    steps: ['sign-up: a picture of 3000 characters'],
    differs: refusesSignUp('*', 'VALIDATION_ERROR'),
    reason: 'Stored values are limited: the address of a picture to 2048 bytes.',
  },
  {
    steps: ['sign-up: an empty name'],
    differs: { 'body.user.name': ['', 'anemptyname'] },
    reason: 'A list of accounts needs a name: the part before the @.',
  },
  {
    steps: ['sign-up: no body'],
    differs: {
      'body.message': [
        '[body] Invalid input: expected object, received undefined; [body] Invalid input: expected record, received undefined',
        '[body] Invalid input: expected object, received undefined',
      ],
    },
    reason: 'Each problem is reported once.',
  },
  {
    steps: ['update-session: no body'],
    differs: {
      'body.message': [
        '[body] Invalid input: expected record, received undefined',
        '[body] Invalid input: expected object, received undefined',
      ],
    },
    reason: 'Every message calls an object an object.',
  },
];
