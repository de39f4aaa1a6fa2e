import { get, post } from '../step.mjs';

const request = (name, body, options) => post(`request-password-reset: ${name}`, '/request-password-reset', body, options);
const reset = (name, body, path = '/reset-password') => post(`reset-password: ${name}`, path, body);
const follow = (name, query) => get(`reset-password by a link: ${name}`, `/reset-password/of-no-mail${query}`);

const email = 'pat@example.org';
const newPassword = 'another horse';

/** Requests about mails. Neither server has a mail server here. */
export const mail = [
  request('no mail is sent', { email }),
  request('no mail is sent, an unknown address', { email: 'nobody@example.org' }),
  request('with redirectTo', { email, redirectTo: '/reset' }),
  request('with redirectTo elsewhere', { email, redirectTo: 'https://evil.example/' }),
  request('no address', { email: 'pat' }),
  request('nothing', {}),
  request('no body'),
  reset('a link of no mail', { newPassword, token: 'of-no-mail' }),
  reset('in the query', { newPassword }, '/reset-password?token=of-no-mail'),
  reset('no token', { newPassword }),
  reset('7 characters', { newPassword: '1234567', token: 'of-no-mail' }),
  reset('129 characters', { newPassword: 'p'.repeat(129), token: 'of-no-mail' }),
  reset('7 characters and no token', { newPassword: '1234567' }),
  reset('no password', { token: 'of-no-mail' }),
  reset('no body'),
  follow('of no mail', '?callbackURL=/reset'),
  follow('of no mail, with a query', '?callbackURL=%2Freset%3Fa%3Db'),
  follow('nowhere to go', ''),
  follow('to nowhere', '?callbackURL='),
  follow('elsewhere', '?callbackURL=https%3A%2F%2Fevil.example%2F'),
  follow('elsewhere by two slashes', '?callbackURL=%2F%2Fevil.example'),
];
