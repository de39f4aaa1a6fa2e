// Tests of the comparison: which differences it finds, and what a listed difference covers.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { differencesOf } from './differential/compare.mjs';
import { covers } from './differential/listed.mjs';
import { normaliser } from './differential/normalise.mjs';

const TOKEN = 'a'.repeat(31) + 'B';
const COOKIE = `better-auth.session_token=${TOKEN}.${'A'.repeat(43)}%3D; Max-Age=604800; Path=/; HttpOnly; SameSite=Lax`;

function answer({ status = 200, cookie = COOKIE, body = {} } = {}) {
  const user = { id: 'u', email: 'ada@example.org', createdAt: new Date().toISOString() };
  const text = JSON.stringify({ token: TOKEN, user, next: { token: 'e'.repeat(32) }, ...body });
  return {
    status,
    headers: [
      ['content-type', 'application/json'],
      ['set-cookie', cookie],
    ],
    text,
  };
}

const seen = (answer) => normaliser('http://127.0.0.1:1')(answer, { keep: 'ada' });
const changes = (changed) => differencesOf('step', seen(answer()), seen(answer(changed)));

test('equal answers with other identifiers have no differences', () => {
  const other = 'c'.repeat(32);
  const body = { token: other, user: { id: 'v', email: 'ada@example.org', createdAt: new Date().toISOString() } };
  assert.deepEqual(changes({ body, cookie: COOKIE.replace(TOKEN, other) }), []);
});

for (const [what, changed, at, theirs, ours] of [
  ['a status', { status: 201 }, 'status', '200', '201'],
  ['a message', { body: { message: 'x' } }, 'body.message', 'absent', 'x'],
  ['null for absent', { body: { image: null } }, 'body.image', 'absent', 'null'],
  ['a token of another form', { body: { next: { token: 'short' } } }, 'body.next.token', 'a token', 'no token: short'],
  [
    'another token',
    { body: { token: 'd'.repeat(32) } },
    'cookies.session_token.value',
    "ada's token, signed",
    'a token, signed',
  ],
  [
    'a cookie of another name',
    { cookie: COOKIE.replace('_token=', '_key=') },
    'cookies.session_token',
    'set',
    'absent',
  ],
  ['an attribute less', { cookie: COOKIE.replace('; HttpOnly', '') }, 'cookies.session_token.HttpOnly', '', 'absent'],
  ['another attribute', { cookie: COOKIE.replace('Lax', 'None') }, 'cookies.session_token.SameSite', 'Lax', 'None'],
  ['another Max-Age', { cookie: COOKIE.replace('604800', '86400') }, 'cookies.session_token.lives', '7 d', '1 d'],
  [
    'no Max-Age',
    { cookie: COOKIE.replace(' Max-Age=604800;', '') },
    'cookies.session_token.lives',
    '7 d',
    'as long as the window',
  ],
  [
    'a signature that is none',
    { cookie: COOKIE.replace('%3D', '') },
    'cookies.session_token.value',
    "ada's token, signed",
    `ada's token, not signed: ${'A'.repeat(43)}`,
  ],
  [
    'a cleared cookie',
    { cookie: COOKIE.replace('604800', '0') },
    'cookies.session_token.state',
    'set',
    'cleared, though it was not sent',
  ],
  [
    'a date of nanoseconds',
    { body: { expiresAt: '2026-01-01T00:00:00.000000000Z' } },
    'body.expiresAt',
    'absent',
    'no date: 2026-01-01T00:00:00.000000000Z',
  ],
]) {
  test(`${what} is a difference`, () => {
    const found = changes(changed);
    assert.ok(
      found.some((it) => it.at === at && it.theirs === theirs && it.ours === ours),
      JSON.stringify(found),
    );
  });
}

test('a listed difference covers its own step, place and values', () => {
  const found = { step: 'sign-in: a form', at: 'body.user.image', theirs: 'absent', ours: 'null' };
  assert.ok(covers(found, found));
  assert.ok(covers({ ...found, step: 'sign-in: *', at: 'body.*.image', ours: '*' }, found));
  for (const other of [
    { step: 'sign-in' },
    { step: '*form.' },
    { at: 'body.user' },
    { at: 'body.*.imag' },
    { theirs: 'null' },
    { ours: '' },
  ]) {
    assert.ok(!covers({ ...found, ...other }, found), JSON.stringify(other));
  }
});
