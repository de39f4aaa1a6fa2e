import { absent, refusal, refusesSignUp, signsIn } from './helpers.mjs';

/** What people type. @type {import('../differences.mjs').Intended[]} */
export const input = [
  {
    steps: ['sign-up: a name with blanks around it'],
    differs: { 'body.user.name': ['  Una  ', 'Una'] },
    reason: 'Blanks around a name are a slip.',
  },
  {
    steps: ['sign-up: an e-mail with blanks around it'],
    differs: signsIn('400', '[body.email] Invalid email address', 'VALIDATION_ERROR'),
    reason: 'Blanks around an address are a slip.',
  },
  {
    steps: ['sign-in: an e-mail with blanks around it'],
    differs: { ...signsIn('400', 'Invalid email', 'INVALID_EMAIL'), 'body.redirect': ['absent', 'false'] },
    reason: 'Blanks around an address are a slip.',
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
    reason: 'RFC 5321 and 6531 have such addresses, and only a letter sent there could tell.',
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
    reason: 'A field that may be missing may be null.',
  },
  {
    steps: ['sign-up: null for a picture'],
    differs: signsIn('400', '[body.image] Invalid input: expected string, received null', 'VALIDATION_ERROR'),
    reason: 'A field that may be missing may be null.',
  },
  {
    steps: ['change-password: null for revokeOtherSessions'],
    differs: {
      'body.message': ['[body.revokeOtherSessions] Invalid input: expected boolean, received null', 'Invalid password'],
      'body.code': ['VALIDATION_ERROR', 'INVALID_PASSWORD'],
    },
    reason: 'A field that may be missing may be null.',
  },
  {
    steps: ['sign-in: a form, not remembered'],
    differs: {
      ...signsIn('400', '[body.rememberMe] Invalid input: expected boolean, received string', 'VALIDATION_ERROR'),
      'body.redirect': ['absent', 'false'],
    },
    reason: 'A form has no other way to say it.',
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
    reason: 'A wrong type is told as for every other field.',
  },
  {
    steps: ['sign-in: a body without a type'],
    differs: refusal(
      ['400', '[body] Invalid input: expected object, received undefined', 'VALIDATION_ERROR'],
      ['415', 'Content-Type "" is not allowed. Allowed types: *', 'UNSUPPORTED_MEDIA_TYPE'],
    ),
    reason: 'The type is what is missing, not the body.',
  },
  {
    steps: ['update-session: a list'],
    differs: {
      'body.message': [
        '[body] Invalid input: expected record, received array',
        '[body] Invalid input: expected object, received array',
      ],
    },
    reason: 'One word for the same thing everywhere.',
  },
  {
    steps: ['sign-in: 100 KiB'],
    differs: refusal(
      ['400', 'Password too long', 'PASSWORD_TOO_LONG'],
      ['413', 'Request body is larger than 64 KiB', 'PAYLOAD_TOO_LARGE'],
    ),
    reason: 'A body is bounded before it is read.',
  },
  {
    steps: ['sign-up: a name of 101'],
    differs: refusesSignUp('Invalid name', 'INVALID_NAME'),
    reason: 'What is stored is bounded: a name to 100 characters.',
  },
  {
    steps: ['sign-up: a picture of 3000 characters'],
    differs: refusesSignUp('*', 'VALIDATION_ERROR'),
    reason: 'What is stored is bounded: the address of a picture to 2048 bytes.',
  },
  {
    steps: ['sign-up: an empty name'],
    differs: { 'body.user.name': ['', 'anemptyname'] },
    reason: 'A list of accounts needs a name: what stands before the @.',
  },
  {
    steps: ['sign-up: no body'],
    differs: {
      'body.message': [
        '[body] Invalid input: expected object, received undefined; [body] Invalid input: expected record, received undefined',
        '[body] Invalid input: expected object, received undefined',
      ],
    },
    reason: 'What is wrong is said once.',
  },
  {
    steps: ['update-session: no body'],
    differs: {
      'body.message': [
        '[body] Invalid input: expected record, received undefined',
        '[body] Invalid input: expected object, received undefined',
      ],
    },
    reason: 'An object is called so in every message.',
  },
];
