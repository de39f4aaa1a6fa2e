// The result of `npm pack`, installed into a separate project: it can be imported, and its types are found.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = path.join(import.meta.dirname, '..');
let project;

before(async () => {
  project = await mkdtemp(path.join(os.tmpdir(), 'multi-session-tarball-'));
  await run('npm', ['pack', '--ignore-scripts', '--pack-destination', project], { cwd: root });
  const [tarball] = await readdir(project);
  await writeFile(path.join(project, 'package.json'), JSON.stringify({ name: 'front-end', type: 'module' }));
  // The front end uses the packages of this folder, so nothing is downloaded.
  const install = ['install', '--offline', '--legacy-peer-deps', '--ignore-scripts', '--no-package-lock', `./${tarball}`];
  await run('npm', install, { cwd: project });
  await mkdir(path.join(project, 'node_modules/@types'));
  for (const name of ['better-auth', 'nanostores', 'react', '@types/react', 'csstype']) {
    await symlink(path.join(root, 'node_modules', name), path.join(project, 'node_modules', name));
  }
});
after(() => rm(project, { recursive: true, force: true }));

test('the tarball contains only the plugin with types and licenses', async () => {
  const installed = path.join(project, 'node_modules/multi-session-client');
  const files = await readdir(installed, { recursive: true });
  const wanted = /^(package\.json|README\.md|LICENSE-(MIT|APACHE)|dist|dist\/[a-z-]+\.(js|d\.ts))$/;
  const others = files.filter((file) => !wanted.test(file));
  assert.deepEqual(others, []);
  for (const file of ['README.md', 'LICENSE-MIT', 'LICENSE-APACHE', 'dist/index.js', 'dist/index.d.ts']) assert.ok(files.includes(file), file);
});

test('node imports it', async () => {
  const script = `
    import { createAuthClient } from 'better-auth/client';
    import { multiSessionClient } from 'multi-session-client';
    const client = createAuthClient({ baseURL: 'http://127.0.0.1:9', plugins: [multiSessionClient()] });
    console.log(client.useListDeviceSessions.get().isPending);`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], { cwd: project });
  assert.equal(stdout, 'true\n');
});

for (const [resolution, module] of [
  ['nodenext', 'nodenext'],
  ['bundler', 'esnext'],
]) {
  test(`the README's examples compile with ${resolution}`, async () => {
    const readme = await readFile(path.join(root, 'README.md'), 'utf8');
    const shown = [...readme.matchAll(/^```tsx?\n(.*?)^```/gms)].map(([, code]) => code);
    assert.equal(shown.length, 4);
    const source = `declare const sessionId: string, password: string, ticket: string;
      ${shown.join('')}
      // @ts-expect-error: rows are not numbers, so the types are there
      export const numbers: number[] | null = authClient.useListDeviceSessions().data;`;
    await writeFile(path.join(project, 'front-end.tsx'), source);
    const flags = ['--noEmit', '--strict', '--skipLibCheck', '--target', 'es2022', '--jsx', 'react-jsx', '--types', ''];
    const tsc = [path.join(root, 'node_modules/typescript/bin/tsc'), ...flags];
    const to = ['--module', module, '--moduleResolution', resolution, 'front-end.tsx'];
    await run(process.execPath, [...tsc, ...to], { cwd: project }).catch(({ stdout }) => assert.fail(stdout));
  });
}
