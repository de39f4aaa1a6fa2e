import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

import { table } from './differential/table.mjs';

test('the README has the list of intended differences', async () => {
  const readme = await readFile(new URL('README.md', import.meta.url), 'utf8');
  const [printed] = readme.match(/^\| step \|(?:.*\n)+?(?=\n|(?![\s\S]))/m) ?? [];
  assert.equal(printed, table(), '`node differential/table.mjs` prints the new one');
});
