import pg from 'pg';

/** A small pool for libraries that speak to PostgreSQL by themselves; a broken idle connection is replaced, not thrown. */
export function createPool(databaseUrl: string, options: { max: number; applicationName: string }): pg.Pool {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: options.max,
    // Nobody waits for these: a busy machine gets time.
    connectionTimeoutMillis: 15_000,
    application_name: options.applicationName,
  });
  pool.on('error', () => undefined);
  return pool;
}
