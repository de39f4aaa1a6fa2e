// The time from the answer to a revocation until the event on the revoked session's stream. `REVOCATIONS=200`
// measures more.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Jar, clientOf, must, person, postgresDatabase, startOurs } from './harness.mjs';

const revocations = Number(process.env.REVOCATIONS ?? 30);

test('a revoked stream gets the event at once and closes', async (t) => {
  const server = await startOurs();
  t.after(server.stop);
  await isToldWithin(300, 'on one node', t, server.origin, server.origin);
});

test('a revoked stream on another node gets the event within a second', async (t) => {
  const database = await postgresDatabase();
  const settings = { DATABASE_URL: database.url };
  const nodes = await Promise.all([startOurs(settings), startOurs(settings)]);
  t.after(async () => {
    await Promise.all(nodes.map((node) => node.stop()));
    await database.drop();
  });
  await isToldWithin(1_000, 'across two nodes', t, nodes[0].origin, nodes[1].origin);
});

/** Revokes at `here` sessions that stream from `there`. In 95 of 100 cases the event arrives within so many milliseconds. */
async function isToldWithin(limit, where, t, here, there) {
  const ada = person('Ada');
  const laptop = clientOf(new Jar(here));
  must(await laptop.signUp.email(ada));
  const times = [];
  for (let count = 0; count < revocations; count += 1) {
    const phone = new Jar(there);
    must(await clientOf(phone).signIn.email({ email: ada.email, password: ada.password }));
    const { id } = must(await clientOf(phone).getSession()).session;
    const headers = { cookie: phone.header };
    const stream = await fetch(`${there}/api/auth/multi-session/events`, { headers });
    assert.equal(stream.status, 200);
    const reader = stream.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = (await reader.read()).value;
    const told = (async () => {
      for (;;) {
        const { value = '', done } = await reader.read();
        if ((text += value).includes(`"type":"ended","id":"${id}","reason":"revoked"`)) return performance.now();
        assert.ok(!done, `the stream closed without a word: ${text}`);
      }
    })();
    must(await laptop.multiSession.revoke({ sessionId: id }));
    const answered = performance.now();
    times.push(Math.max(0, (await told) - answered));
    while (!(await reader.read()).done);
  }
  times.sort((a, b) => a - b);
  const at = (share) => times[Math.min(times.length - 1, Math.floor(times.length * share))];
  const said = `revoke answered → stream told, ${revocations} times ${where}: p50 ${at(0.5).toFixed(1)} ms, p95 ${at(0.95).toFixed(1)} ms`;
  t.diagnostic(said);
  assert.ok(at(0.95) < limit, said);
}
