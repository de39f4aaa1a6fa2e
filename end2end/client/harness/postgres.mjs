import { randomUUID } from 'node:crypto';

import pg from 'pg';

/** An empty database for one test, in the tests' PostgreSQL. */
export async function postgresDatabase() {
  const admin = process.env.MULTI_SESSION_TEST_POSTGRES;
  if (!admin) throw new Error('run it beside a PostgreSQL: scripts/with-postgres.sh node --test');
  const name = `t${randomUUID().replaceAll('-', '')}`;
  const once = async (sql) => {
    const client = new pg.Client({ connectionString: admin });
    await client.connect();
    await client.query(sql);
    await client.end();
  };
  await once(`create database ${name}`);
  return {
    url: Object.assign(new URL(admin), { pathname: name }).href,
    drop: () => once(`drop database ${name}`),
  };
}
