// The real better-auth with its multi-session plugin on an SQLite file, as a program. It prints its address, and
// ends when its standard input closes.

import { once } from 'node:events';
import http from 'node:http';

import { toNodeHandler } from 'better-auth/node';

import { theirDatabase } from '../harness.mjs';

const server = http.createServer().listen(0, '127.0.0.1');
await once(server, 'listening');
const origin = `http://127.0.0.1:${server.address().port}`;
const { auth, close } = await theirDatabase('sqlite', { baseURL: origin });
server.on('request', toNodeHandler(auth));
console.log(origin);

await once(process.stdin.resume(), 'end');
// Running requests need no answer.
close();
process.exit();
