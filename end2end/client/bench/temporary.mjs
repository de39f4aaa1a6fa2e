// Temporary folders, which are removed when this process ends, however it ends.

import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const folders = new Set();
const remove = (folder) => rmSync(folder, { recursive: true, force: true });
process.once('exit', () => folders.forEach(remove));

/** Creates a folder. Returns it and a function that removes it. */
export function temporary() {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'multi-session-bench-'));
  folders.add(folder);
  const drop = () => {
    remove(folder);
    folders.delete(folder);
  };
  return { folder, drop };
}
