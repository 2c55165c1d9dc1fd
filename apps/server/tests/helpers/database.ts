import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';

/** A fresh, migrated database of its own; answers its URL. Ends with the test run's cluster. */
export async function createTestDatabase(): Promise<string> {
  const url = new URL(inject('postgresAdminUrl'));
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  try {
    // Copies of one template exclude each other for a moment: wait for the turn instead of failing.
    await client.query('SELECT pg_advisory_lock(1)');
    await client.query(`CREATE DATABASE ${name} TEMPLATE ${inject('templateDatabase')}`);
  } finally {
    await client.end();
  }
  url.pathname = `/${name}`;
  return url.href;
}
