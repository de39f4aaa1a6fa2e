import { as, get, post } from '../step.mjs';

const path = '/change-password';
const pat = { name: 'Pat', email: 'pat@example.org', password: 'correct horse' };
const change = (name, body, options) =>
  post(
    `change-password: ${name}`,
    path,
    { currentPassword: 'correct horse', newPassword: 'another horse', ...body },
    options,
  );

/** Changing the password. */
export const passwords = [
  change('signed out', {}),
  post('change-password: signed out, nothing', path, {}),
  post('change-password: sign-up', '/sign-up/email', pat, { browser: 'pat', keep: 'pat' }),
  post('change-password: sign-in on a phone', '/sign-in/email', pat, { browser: "pat's phone", keep: "pat's phone" }),
  ...as(
    'pat',
    post('change-password: nothing', path, {}),
    post('change-password: no body', path),
    change('a number', { currentPassword: 7 }),
    change('a text for revokeOtherSessions', { revokeOtherSessions: 'yes' }),
    change('null for revokeOtherSessions', { revokeOtherSessions: null, currentPassword: 'wrong horse' }),
    change('a wrong password', { currentPassword: 'wrong horse' }),
    change('a new one of 7', { newPassword: '1234567' }),
    change('a new one of 129', { newPassword: 'p'.repeat(129) }),
    change('a current one of 129', { currentPassword: 'p'.repeat(129) }),
    change('a wrong password and a new one of 7', { currentPassword: 'wrong horse', newPassword: '1234567' }),
    change('changed', {}),
    get('change-password: still signed in', '/get-session'),
  ),
  ...as("pat's phone", get('change-password: the phone is still signed in', '/get-session')),
  post('change-password: sign-in with the old one', '/sign-in/email', pat),
  ...as(
    'pat',
    change(
      'changed, and the others revoked',
      {
        currentPassword: 'another horse',
        newPassword: 'a third horse',
        revokeOtherSessions: true,
      },
      { keep: 'pat anew' },
    ),
    get('change-password: a new session', '/get-session'),
    get('change-password: the only one', '/list-sessions'),
    get('change-password: the only one held', '/multi-session/list-device-sessions'),
  ),
  ...as("pat's phone", get('change-password: the phone is out', '/get-session')),
  ...as(
    'pat in a window',
    post(
      'change-password: sign-in, not remembered',
      '/sign-in/email',
      { ...pat, password: 'a third horse', rememberMe: false },
      { keep: 'pat in a window' },
    ),
    change(
      'not remembered',
      { currentPassword: 'a third horse', newPassword: 'another horse', revokeOtherSessions: true },
      { keep: 'pat anew in a window' },
    ),
    get('change-password: not remembered, a new session', '/get-session'),
  ),
];
