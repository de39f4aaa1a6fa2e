// Serves the example and proxies `/api/auth` to the multi-session server, so that both have the same origin.

import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const files = new Map([
  ['/', { file: 'index.html', type: 'text/html; charset=utf-8' }],
  ['/main.js', { file: 'dist/main.js', type: 'text/javascript; charset=utf-8' }],
  ['/main.css', { file: 'dist/main.css', type: 'text/css; charset=utf-8' }],
]);

/**
 * Starts serving on 127.0.0.1.
 *
 * @param {{ port: number, api: string }} settings `api` is the origin of the multi-session server, which must have
 *   this one as its `MULTI_SESSION_BASE_URL`
 * @returns {Promise<{ origin: string, stop: () => Promise<void> }>}
 */
export async function serve({ port, api }) {
  const server = http.createServer((request, response) => {
    if (request.url?.startsWith('/api/auth/')) pass(api, request, response);
    else void page(request, response);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const stop = async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  };
  return { origin: `http://127.0.0.1:${port}`, stop };
}

/** @param {http.IncomingMessage} request @param {http.ServerResponse} response */
async function page(request, response) {
  const found = files.get(request.url ?? '');
  if (!found || request.method !== 'GET') return response.writeHead(404).end();
  try {
    const body = await readFile(path.join(import.meta.dirname, found.file));
    const policy = "default-src 'self'; img-src 'self' data:";
    response.writeHead(200, { 'content-type': found.type, 'content-security-policy': policy }).end(body);
  } catch {
    response.writeHead(500).end('`npm run bundle` makes this file.');
  }
}

/** @param {string} api @param {http.IncomingMessage} request @param {http.ServerResponse} response */
function pass(api, request, response) {
  const { hostname, port } = new URL(api);
  const { method, url, headers } = request;
  const asked = http.request({ hostname, port, method, path: url, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
    answer.pipe(response);
  });
  // A stream ends when the browser closes it.
  response.on('close', () => asked.destroy());
  asked.on('error', () => (response.headersSent ? response.destroy() : response.writeHead(502).end()));
  request.pipe(asked);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { PORT = '3001', API = 'http://127.0.0.1:3000' } = process.env;
  const { origin } = await serve({ port: Number(PORT), api: API });
  console.log(`Serving ${origin}; the server at ${API} needs MULTI_SESSION_BASE_URL=${origin}`);
}
