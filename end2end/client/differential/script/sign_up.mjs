import { post } from '../step.mjs';

const path = '/sign-up/email';
const up = (name, change, options) =>
  post(
    `sign-up: ${name}`,
    path,
    { name: 'Una', email: `${name.replaceAll(/\W/g, '')}@example.org`, password: 'correct horse', ...change },
    options,
  );

/** Accepted and refused sign-ups. */
export const signUp = [
  up('a user', { name: 'Ada', email: 'ada@example.org' }, { browser: 'laptop', keep: 'ada' }),
  up('the same email', { email: 'ada@example.org' }),
  up('the same email in capitals', { email: 'ADA@Example.ORG' }),
  up('an email in capitals', { email: 'Vera@Example.ORG' }, { keep: 'vera' }),
  up('with a picture', { image: 'https://example.org/una.png' }, { keep: 'pictured' }),
  up('with an unknown field', { role: 'admin' }, { keep: 'unknown field' }),
  up('not remembered', { rememberMe: false }, { keep: 'forgetful', browser: 'window' }),
  up('a name of capitals and blanks', { name: 'Grace B. M. Hopper' }, { keep: 'grace' }),
  up('a name with blanks around it', { name: '  Una  ' }, { keep: 'blank' }),
  up('a password of 8', { password: '12345678' }, { keep: 'short' }),
  up('a password of 7', { password: '1234567' }),
  up('a password of 4 code points and 8 units', { password: '\u{1f434}'.repeat(4) }),
  up('a password of 65 code points and 130 units', { password: '\u{1f434}'.repeat(65) }),
  up('a password of 128', { password: 'p'.repeat(128) }, { keep: 'long' }),
  up('a password of 129', { password: 'p'.repeat(129) }),
  up('an empty password', { password: '' }),
  up('no email address', { email: 'not an address' }),
  up('an email with blanks around it', { email: ' una@example.org ' }),
  up('an email without a dot', { email: 'una@localhost' }),
  up('an empty email', { email: '' }),
  up('an empty name', { name: '' }),
  up('a name of 101', { name: 'U'.repeat(101) }),
  up('a picture of 3000 characters', { image: `https://example.org/${'u'.repeat(2980)}` }),
  up('without a name', { name: undefined }),
  up('without an email', { email: undefined }),
  up('without a password', { password: undefined }),
  up('without anything', { name: undefined, email: undefined, password: undefined }),
  up('a number for a name', { name: 7 }),
  up('null for an email', { email: null }),
  up('an object for a password', { password: { $ne: '' } }),
  up('a number for a picture', { image: 7 }),
  up('null for a picture', { image: null }),
  up('a text for rememberMe', { rememberMe: 'no' }),
  up('a callback on this site', { callbackURL: '/welcome' }, { keep: 'welcome' }),
  up(
    'a password with a composed letter',
    { name: 'Noor', email: 'noor@example.org', password: 'caf\u00e9 horse' },
    { keep: 'noor' },
  ),
  up('a callback on another site', { callbackURL: 'https://evil.example/' }),
  up('an empty callback', { callbackURL: '' }, { keep: 'empty callback' }),
  up('a number for a callback', { callbackURL: 7 }),
  post(
    'sign-up: as a form',
    path,
    new URLSearchParams({ name: 'Fay', email: 'fay@example.org', password: 'correct horse' }),
    { keep: 'fay' },
  ),
  post('sign-up: as a form, wrong', path, new URLSearchParams({ email: 'fay' })),
  post('sign-up: no body', path),
];
