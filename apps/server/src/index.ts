import { parseArgs } from 'node:util';
import { type CommandLine, DEFAULT_DATA_FOLDER, loadConfig, type Role } from './config/config.ts';
import { ConfigError } from './config/env-schema.ts';
import { createLogger } from './observability/logger.ts';
import { startServer } from './program/start-server.ts';

const ROLES: readonly string[] = ['all', 'api', 'worker'] satisfies Role[];
const HELP = `npm run server -- [--port N] [--data DIR] [--role all|api|worker]

Starts the pingplex server. When it is ready it prints one JSON line: url, sandboxes {openai, kling, dashscope, mail}, pid, role, database.
SIGTERM or SIGINT lets running work end (10 s at most) and ends with 0. The log goes to standard error.

  --port N     port of the API; 0 (the default) takes a free one
  --data DIR   embedded database, stored files and development secrets (default: ${DEFAULT_DATA_FOLDER})
  --role ROLE  all (default), api (answers requests) or worker (does the queued work)
  --help       this text

Without DATABASE_URL an embedded PostgreSQL runs in the data folder. Without a key of any provider outside services are played by
labelled stand-ins (sandbox mode). docs/operators.md lists every environment variable.
`;

function readCommandLine(args: string[]): CommandLine & { help: boolean } {
  const options = { port: { type: 'string' }, data: { type: 'string' }, role: { type: 'string' }, help: { type: 'boolean' } } as const;
  const { values } = parseArgs({ args, options });
  const port = values.port === undefined ? undefined : Number(values.port);
  if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port <= 65_535)) throw new ConfigError('--port takes 0 to 65535');
  if (values.role !== undefined && !ROLES.includes(values.role)) throw new ConfigError('--role takes all, api or worker');
  return {
    help: values.help ?? false,
    ...(port === undefined ? {} : { port }),
    ...(values.data === undefined ? {} : { data: values.data }),
    ...(values.role === undefined ? {} : { role: values.role as Role }),
  };
}

async function main(): Promise<void> {
  const line = readCommandLine(process.argv.slice(2));
  if (line.help) {
    process.stdout.write(HELP);
    return;
  }
  // Asked to end while still starting: start to the end first, then stop in order. A second signal ends at once.
  let ask: () => void = () => undefined;
  const askedToEnd = new Promise<void>((resolve) => {
    ask = resolve;
  });
  let signals = 0;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      signals += 1;
      if (signals > 1) process.exit(1);
      ask();
    });
  }
  const config = await loadConfig(process.env, line);
  const logger = createLogger(config.logLevel);
  process.on('unhandledRejection', (error) => logger.error({ err: error }, 'unhandled rejection'));
  const running = await startServer(config, logger);
  const { url, sandboxes, database } = running;
  process.stdout.write(`${JSON.stringify({ url, sandboxes, pid: process.pid, role: config.role, database })}\n`);
  await askedToEnd;
  logger.info({ role: config.role }, 'ending');
  await running.stop();
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    // Before the log exists, or because of what is in its way: plain words for the operator.
    const wrongUsage = error instanceof ConfigError || (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS') === true;
    const text = error instanceof Error ? (wrongUsage ? error.message : (error.stack ?? error.message)) : String(error);
    process.stderr.write(`${text}\n`);
    process.exit(wrongUsage ? 2 : 1);
  },
);
