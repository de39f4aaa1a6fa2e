// The section `memory`: the memory of a node, and of each cached session.

import path from 'node:path';

import { eachInTurn, written } from './load.mjs';
import { absolute, say, table } from './report.mjs';
import { fill } from './rows.mjs';
import { asked, ours, resident } from './servers.mjs';
import { temporary } from './temporary.mjs';

const GET = '/api/auth/get-session';
const NODE_MB = 50;

export async function memory(how) {
  const count = how.short ? 1_000 : 100_000;
  const { folder, drop } = temporary();
  let server;
  try {
    const url = `sqlite://${path.join(folder, 'test.db')}`;
    const probes = await fill(url, count, { probes: count });
    const cookies = probes.flatMap(({ sessions }) => sessions.map(({ cookie }) => cookie));
    server = await ours({ DATABASE_URL: url });
    const first = await resident(server.pid);
    await asked(server.origin, GET, cookies[0]);
    const read = (cookies) => {
      const requestOf = (number) => written(server.origin, GET, { cookie: cookies[number] });
      return eachInTurn(server.origin, requestOf, { count: cookies.length, connections: 32 });
    };
    // First the memory for so many requests of one session.
    await read(Array.from(cookies, () => cookies[0]));
    const before = await resident(server.pid);
    say(`${cookies.length} sessions are read`);
    await read(cookies);
    const after = await resident(server.pid);
    const megabytes = (kilobytes) => `${(kilobytes / 1024).toFixed(1)} MB`;
    const each = (after - before) / cookies.length;
    table(how, `memory of a node on SQLite, ${cookies.length} sessions kept`, [
      absolute(
        'a node that has answered',
        [megabytes(before), `${megabytes(first)} when it has started`],
        [before / 1024],
        {
          most: NODE_MB,
          unit: ' MB',
        },
      ),
      absolute('each session', [`${each.toFixed(2)} kB`, `${megabytes(after)} in all`], [each], {
        most: 1,
        unit: ' kB',
      }),
    ]);
  } finally {
    await server?.stop();
    drop();
  }
}
