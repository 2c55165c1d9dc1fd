import { startEmbeddedPostgres } from '../../src/db/embedded.ts';

// Joins the cluster of the folder, says where it is and leaves again.
const postgres = await startEmbeddedPostgres(process.argv[2] ?? '', { durable: false });
process.stdout.write(postgres.url);
await postgres.stop();
