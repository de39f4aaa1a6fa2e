// Runs one script against a real better-auth server and against ours. The answers must be equal except for the
// differences that are listed with a reason, and all of these must exist.

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';

import { differencesOf } from './differential/compare.mjs';
import { covers, listed } from './differential/listed.mjs';
import { play } from './differential/play.mjs';
import { script } from './differential/script.mjs';
import { startOurs, startTheirs } from './harness.mjs';

/** @type {import('./differential/compare.mjs').Difference[]} */
let found;

before(async () => {
  const [theirs, ours] = await Promise.all([answersOf(startTheirs), answersOf(startOurs)]);
  found = script.flatMap(({ name }) => differencesOf(name, theirs.get(name), ours.get(name)));
});

async function answersOf(start) {
  const server = await start();
  try {
    return await play(server.origin, script);
  } finally {
    await server.stop();
  }
}

test('the script is long and its steps have unique names', () => {
  assert.ok(script.length >= 60);
  const names = script.map((step) => step.name);
  assert.deepEqual(names, [...new Set(names)]);
});

describe('the answers are equal except for listed differences', () => {
  for (const { name } of script) {
    test(name, () => {
      const unlisted = found.filter((it) => it.step === name && !listed.some((entry) => covers(entry, it)));
      assert.deepEqual(unlisted, []);
    });
  }
});

describe('every listed difference exists', () => {
  for (const entry of listed) {
    test(`${entry.step}, ${entry.at}: ${entry.theirs} → ${entry.ours}`, () => {
      assert.ok(
        found.some((it) => covers(entry, it)),
        'take it off the list',
      );
    });
  }
});
