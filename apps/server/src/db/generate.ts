/**
 * `npm run db:generate`: writes the Prisma client of `prisma/schema/` to `src/db/generated/`.
 *
 * Prisma's command line fetches a schema-engine binary before every command, although generating never calls it. Naming any existing
 * executable keeps it from the network; ours is the Node that runs this file.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const serverFolder = path.resolve(import.meta.dirname, '../..');
const schemaFolder = path.join(serverFolder, 'prisma/schema');
const stampFile = path.join(import.meta.dirname, 'generated/.schema-hash');

/** Changes when a schema file does or when another Prisma would generate differently. */
function schemaHash(): string {
  const hash = createHash('sha256').update(readFileSync(path.join(serverFolder, 'package.json')));
  for (const name of readdirSync(schemaFolder).sort()) hash.update(name).update(readFileSync(path.join(schemaFolder, name)));
  return hash.digest('hex');
}

const wanted = schemaHash();
if (!existsSync(stampFile) || readFileSync(stampFile, 'utf8') !== wanted) {
  const cli = createRequire(import.meta.url).resolve('prisma/build/index.js');
  const run = spawnSync(process.execPath, [cli, 'generate', '--no-hints'], {
    cwd: serverFolder,
    env: { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, PRISMA_HIDE_UPDATE_MESSAGE: '1', CHECKPOINT_DISABLE: '1' },
    encoding: 'utf8',
  });
  if (run.status !== 0) {
    process.stderr.write(`${run.stdout}${run.stderr}`);
    process.exit(1);
  }
  writeFileSync(stampFile, wanted);
}
