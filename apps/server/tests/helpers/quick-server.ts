import { createApp } from '../../src/app.ts';
import { loadConfig, type Role } from '../../src/config/config.ts';
import type { GenerationSettings } from '../../src/modules/generations/service.ts';
import { createLogger } from '../../src/observability/logger.ts';
import type { ProcessorConnections } from '../../src/processors/connections.ts';
import type { Connections } from '../../src/providers/connections.ts';

/** The whole server on a database that exists already, with short leases; prints one JSON line when it is ready. */
const options = JSON.parse(process.argv[2] ?? '{}') as {
  databaseUrl: string;
  folder: string;
  role: Role;
  openaiUrl: string;
  openaiKey: string;
  settings: Partial<GenerationSettings>;
  connections?: Connections;
  processors?: ProcessorConnections;
};
const config = await loadConfig(process.env, { data: options.folder, role: options.role, port: 0 });
const app = await createApp(config, {
  databaseUrl: options.databaseUrl,
  logger: createLogger('warn'),
  connections: { openai: { apiKey: options.openaiKey, baseUrl: options.openaiUrl }, ...options.connections },
  ...(options.processors === undefined ? {} : { processors: options.processors }),
  smtpUrl: 'smtp://127.0.0.1:9',
  mailSandboxUrl: null,
  generationSettings: options.settings,
});
process.stdout.write(`${JSON.stringify({ url: await app.start() })}\n`);
process.once('SIGTERM', () => {
  app.stop().then(
    () => process.exit(0),
    () => process.exit(1),
  );
});
