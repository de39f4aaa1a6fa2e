import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

import { betterAuth } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import { multiSession } from 'better-auth/plugins';
import { SqliteDialect } from 'kysely';
import Database from 'libsql';
import pg from 'pg';

import { postgresDatabase } from './postgres.mjs';

export const SECRET = 'a secret of at least thirty-two characters';

/**
 * A real better-auth with its own database and migrations. It is called without a server, by `auth.handler`.
 *
 * @param {'sqlite' | 'postgres'} kind
 */
export async function theirDatabase(kind, { baseURL = 'http://127.0.0.1:3999', plugins = [] } = {}) {
  const place = await (kind === 'sqlite' ? sqlite() : postgres());
  const options = {
    baseURL,
    secret: SECRET,
    database: place.database,
    emailAndPassword: { enabled: true },
    plugins: [multiSession(), ...plugins],
    rateLimit: { enabled: false },
    logger: { disabled: true },
    telemetry: { enabled: false },
  };
  const { runMigrations } = await getMigrations(options);
  await runMigrations();
  const auth = betterAuth(options);

  /** Sends a request like a browser, and keeps the cookies in the jar. */
  async function send(jar, route, body) {
    const headers = { origin: baseURL, 'content-type': 'application/json', 'user-agent': jar.userAgent };
    if (jar.header) headers.cookie = jar.header;
    const init = { method: body ? 'POST' : 'GET', headers, body: body && JSON.stringify(body) };
    const answer = await auth.handler(new Request(`${baseURL}/api/auth/${route}`, init));
    for (const cookie of answer.headers.getSetCookie()) jar.keep(cookie);
    if (!answer.ok) throw new Error(`better-auth: ${route}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }
  return { auth, url: place.url, run: place.run, send, close: place.close };
}

async function sqlite() {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'better-auth-'));
  const file = path.join(folder, 'auth.db');
  const database = new Database(file);
  return {
    url: `sqlite://${file}`,
    database: { dialect: new SqliteDialect({ database }), type: 'sqlite' },
    run: async (sql) => database.prepare(sql).run(),
    close: async () => {
      database.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function postgres() {
  const place = await postgresDatabase();
  const database = new pg.Pool({ connectionString: place.url });
  return {
    url: place.url,
    database,
    run: (sql) => database.query(sql),
    close: async () => {
      await database.end();
      await place.drop();
    },
  };
}
