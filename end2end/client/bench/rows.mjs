// Fills an empty database with users and their live sessions: `node bench/rows.mjs DATABASE_URL SESSIONS`. Ten
// million take some minutes. A few users are probes: the secrets of their sessions are known, and some have
// passwords.

import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import Database from 'libsql';
import pg from 'pg';

import { BINARY } from '../harness/ours.mjs';

/**
 * argon2id of the harness's password with 8 kB and one pass, so that the database dominates the time of a sign-in.
 */
const CHEAP = '$argon2id$v=19$m=8,t=1,p=1$c2l4dGVlbiBieXRlcy4uLg$455F/Q/0V4QgHpuquY8a/sPkc4MTJwOUEWuW/ZpQx7Y';
const DAY_MS = 24 * 60 * 60 * 1000;
const BROWSER =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36';

/** @typedef {{ id: string, email: string, sessions: { id: string, cookie: string }[] }} Probe */

/**
 * Creates the schema and the rows. The sessions of a user are far apart, as in real databases.
 *
 * @param {string} url
 * @param {number} count of sessions
 * @param {{ perUser?: number, probes?: number }} how many sessions a user has, and how many users are probes
 * @returns {Promise<Probe[]>} the probes, spread over all
 */
export async function fill(url, count, { perUser = 5, probes = 2_000 } = {}) {
  await promisify(execFile)(BINARY, ['migrate'], { env: { DATABASE_URL: url, RUST_LOG: 'warn' } });
  const users = Math.floor(count / perUser);
  const database = await opened(url);
  try {
    await database.fill(users, users * perUser, Date.now());
    const chosen = Array.from({ length: Math.min(probes, users) }, (_, it) =>
      Math.floor((it * users) / Math.min(probes, users)),
    );
    return await database.probe(chosen);
  } finally {
    await database.close();
  }
}

/** A connection for the benchmark's own statements. */
export async function opened(url) {
  return url.startsWith('sqlite:') ? new Sqlite(url) : new Postgres(await connected(url));
}

async function connected(url) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client;
}

const email = (user) => `load${String(user).padStart(9, '0')}@example.org`;
const id = (user) => `u${String(user).padStart(9, '0')}`;

/** The cookies of a browser that holds the session, and the hash that the row has. */
function credential(handle) {
  const secret = randomBytes(32);
  const value = encodeURIComponent(`${handle}.${secret.toString('base64')}`);
  const name = 'multi-session.session_token';
  return {
    cookie: `${name}=${value}; ${name}_multi-${handle}=${value}`,
    hash: createHash('sha256').update(secret).digest(),
  };
}

const COLUMNS = `id, user_id, handle, secret_hash, ip_address, user_agent, remember, created_at, updated_at, last_active_at,
  expires_at, signed_in_with`;

class Sqlite {
  #database;

  constructor(url) {
    this.#database = new Database(url.slice('sqlite://'.length));
    this.#database.exec('pragma busy_timeout = 5000');
  }

  /**
   * Without triggers, whose history entries would be most of the work, and without durable writes.
   */
  async fill(users, sessions, now) {
    const database = this.#database;
    database.exec(`pragma journal_mode = delete; pragma journal_mode = off; pragma synchronous = off;
      pragma foreign_keys = off; pragma cache_size = -1500000`);
    const triggers = database
      .prepare(`select name, sql from sqlite_master where type = 'trigger' and tbl_name = 'sessions'`)
      .all();
    database.exec(`begin;
      ${triggers.map(({ name }) => `drop trigger ${name};`).join('\n')}
      ${numbers(users)} insert into users (id, email, email_key, name, created_at, updated_at)
        select printf('u%09d', n), printf('load%09d@example.org', n), printf('load%09d@example.org', n), 'A user', ${now}, ${now}
        from numbers;
      ${numbers(sessions)} insert into sessions (${COLUMNS})
        select ${sqliteSession(`n % ${users}`, now, `${now + DAY_MS} + n`)} from numbers;
      ${triggers.map(({ sql }) => `${sql};`).join('\n')}
      commit;
      pragma journal_mode = wal`);
    // Otherwise the disk would still be busy during the measurements.
    await promisify(execFile)('sync');
  }

  async probe(users) {
    const select = this.#database.prepare('select id, handle from sessions where user_id = ? order by seq');
    const update = this.#database.prepare('update sessions set secret_hash = ? where handle = ?');
    const password = this.#database.prepare('insert into passwords (user_id, hash, updated_at) values (?, ?, 0)');
    this.#database.exec('begin');
    const probes = users.map((user) => {
      const sessions = select.all(id(user)).map((session) => {
        const { cookie, hash } = credential(session.handle);
        update.run(hash, session.handle);
        return { id: session.id, cookie };
      });
      password.run(id(user), CHEAP);
      return { id: id(user), email: email(user), sessions };
    });
    this.#database.exec('commit');
    return probes;
  }

  /** Adds expired sessions of all users that no sweep has marked yet. */
  async expire(count) {
    const { users } = this.#database.prepare('select count(*) as users from users').get();
    this.#database.exec(`${numbers(count)} insert into sessions (${COLUMNS})
      select ${sqliteSession(`n * ${Math.max(1, Math.floor(users / count))} % ${users}`, Date.now() - DAY_MS, Date.now() - 1000)} from numbers`);
  }

  /** The number of such sessions. */
  async expired() {
    const sql = 'select count(*) as count from sessions where ended_at is null and expires_at <= ?';
    return this.#database.prepare(sql).get(Date.now()).count;
  }

  async close() {
    this.#database.close();
  }
}

const numbers = (count) =>
  `with recursive numbers (n) as (select 0 union all select n + 1 from numbers where n < ${count - 1})`;

const sqliteSession = (user, now, expires) => `
  printf('%08x-%04x-7000-8000-%s', n >> 16, n & 65535, lower(hex(randomblob(6)))), printf('u%09d', ${user}),
  lower(hex(randomblob(16))), randomblob(32), '203.0.113.7', '${BROWSER}', 1, ${now}, ${now}, ${now}, ${expires}, 'password'`;

class Postgres {
  #client;

  constructor(client) {
    this.#client = client;
  }

  async fill(users, sessions, now) {
    const client = this.#client;
    await client.query(`set session_replication_role = replica`);
    await client.query(`insert into users (id, email, email_key, name, created_at, updated_at)
      select 'u' || lpad(n::text, 9, '0'), 'load' || lpad(n::text, 9, '0') || '@example.org',
        'load' || lpad(n::text, 9, '0') || '@example.org', 'A user', ${now}, ${now} from generate_series(0, ${users - 1}) as n`);
    await client.query(`insert into sessions (${COLUMNS})
      select ${postgresSession(`n % ${users}`, now, `${now + DAY_MS} + n`)} from generate_series(0, ${sessions - 1}) as n`);
    await client.query(`set session_replication_role = origin`);
    await client.query('vacuum analyze');
    await client.query('checkpoint');
  }

  async probe(users) {
    const { rows } = await this.#client.query(
      'select id, user_id, handle from sessions where user_id = any($1) order by seq',
      [users.map(id)],
    );
    const probes = new Map(users.map((user) => [id(user), { id: id(user), email: email(user), sessions: [] }]));
    const hashes = rows.map((row) => {
      const { cookie, hash } = credential(row.handle);
      probes.get(row.user_id).sessions.push({ id: row.id, cookie });
      return hash;
    });
    await this.#client.query(
      `update sessions set secret_hash = known.hash from unnest($1::text[], $2::bytea[]) as known (handle, hash)
       where sessions.handle = known.handle`,
      [rows.map(({ handle }) => handle), hashes],
    );
    await this.#client.query('insert into passwords (user_id, hash, updated_at) select unnest($1::text[]), $2, 0', [
      users.map(id),
      CHEAP,
    ]);
    return [...probes.values()];
  }

  async expire(count) {
    const users = Number((await this.#client.query('select count(*) as users from users')).rows[0].users);
    await this.#client.query(`insert into sessions (${COLUMNS})
      select ${postgresSession(`n * ${Math.max(1, Math.floor(users / count))} % ${users}`, Date.now() - DAY_MS, Date.now() - 1000)}
      from generate_series(0, ${count - 1}) as n`);
  }

  async expired() {
    const sql = 'select count(*) as count from sessions where ended_at is null and expires_at <= $1';
    return Number((await this.#client.query(sql, [Date.now()])).rows[0].count);
  }

  /** How many sequential durable commits per second are possible. */
  async flushes(seconds) {
    await this.#client.query('create table flushed (n int)');
    const end = performance.now() + seconds * 1000;
    let count = 0;
    for (; performance.now() < end; count += 1) await this.#client.query('insert into flushed values (1)');
    await this.#client.query('drop table flushed');
    return count / seconds;
  }

  async close() {
    await this.#client.end();
  }
}

const postgresSession = (user, now, expires) => `
  gen_random_uuid(), 'u' || lpad((${user})::text, 9, '0'), md5(random()::text || n), sha256(int8send(n::bigint)), '203.0.113.7',
  '${BROWSER}', true, ${now}, ${now}, ${now}, ${expires}, 'password'`;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [url, count] = process.argv.slice(2);
  if (!(Number(count) >= 5)) throw new Error('usage: node bench/rows.mjs DATABASE_URL SESSIONS');
  const began = performance.now();
  await fill(url, Number(count));
  console.log(`${count} sessions in ${((performance.now() - began) / 1000).toFixed(0)} s`);
}
