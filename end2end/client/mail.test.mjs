// The real better-auth client resets a password with a mail from our server.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import { after, before, test } from 'node:test';

import { SMTPServer } from 'smtp-server';

import { Jar, clientOf, must, person, refused, startOurs } from './harness.mjs';

/** Emits an event for each mail. */
const mails = new SMTPServer({
  authOptional: true,
  disabledCommands: ['STARTTLS'],
  closeTimeout: 1,
  onData: (stream, _session, done) => {
    buffer(stream).then((bytes) => {
      mails.emit('mail', `${bytes}`.replaceAll('=\r\n', '').replaceAll('=3D', '='));
      done();
    }, done);
  },
});
let server;

before(async () => {
  mails.on('error', () => {});
  mails.listen(0, '127.0.0.1');
  await once(mails.server, 'listening');
  server = await startOurs({
    MULTI_SESSION_SMTP_URL: `smtp://127.0.0.1:${mails.server.address().port}`,
    MULTI_SESSION_MAIL_FROM: 'no-reply@example.org',
  });
});
after(async () => {
  await server?.stop();
  await new Promise((done) => mails.close(done));
});

test('requestPasswordReset and resetPassword set a new password with the mailed link', async () => {
  const client = clientOf(new Jar(server.origin));
  const ada = person();
  must(await client.signUp.email(ada));
  const mailed = once(mails, 'mail', { signal: AbortSignal.timeout(10_000) });
  const asked = must(await client.requestPasswordReset({ email: ada.email, redirectTo: '/reset' }));
  assert.deepEqual(asked, {
    status: true,
    message: 'If this email exists in our system, check your email for the reset link',
  });
  const [text] = await mailed;
  const [link] = text.match(/^http:\S+/m);
  const { status, headers } = await fetch(link, { redirect: 'manual' });
  assert.equal(status, 302);
  const to = new URL(headers.get('location'));
  assert.equal(to.pathname, '/reset');
  const token = to.searchParams.get('token');

  const short = await client.resetPassword({ newPassword: '1234567', token });
  refused(short, 400, 'Bad Request', 'PASSWORD_TOO_SHORT', 'Password too short');
  const newPassword = 'another horse';
  assert.deepEqual(must(await client.resetPassword({ newPassword, token })), { status: true });
  const again = await client.resetPassword({ newPassword, token });
  refused(again, 400, 'Bad Request', 'INVALID_TOKEN', 'Invalid token');
  assert.equal(must(await client.getSession()), null, 'every session has ended');
  const old = await client.signIn.email(ada);
  refused(old, 401, 'Unauthorized', 'INVALID_EMAIL_OR_PASSWORD', 'Invalid email or password');
  must(await client.signIn.email({ ...ada, password: newPassword }));
});
