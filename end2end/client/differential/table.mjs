// `node differential/table.mjs` prints the table of the README.

import { pathToFileURL } from 'node:url';

import { differences } from '../differences.mjs';

/** The list of intended differences, for people. */
export function table() {
  const rows = differences.map(({ steps, differs, reason }) => {
    const places = Object.entries(differs).map(
      ([at, [theirs, ours]]) => `${code(at)}: ${code(theirs)} → ${code(ours)}`,
    );
    return [steps.map(name).join('<br>'), places.join('<br>'), reason];
  });
  return [['step', 'where: theirs → ours', 'why'], ['---', '---', '---'], ...rows]
    .map((row) => `| ${row.join(' | ')} |\n`)
    .join('');
}

const name = (step) => (step === '*' ? 'wherever it is' : step.replaceAll('*', '…'));
const code = (text) => (text === '' ? 'empty' : text === '*' ? 'any' : `\`${text.replaceAll('*', '…')}\``);

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) process.stdout.write(table());
