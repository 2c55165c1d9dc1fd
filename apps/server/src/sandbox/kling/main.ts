import { parseArgs } from 'node:util';
import { startKlingSandbox } from './server.ts';

const HELP = `node src/sandbox/kling/main.ts [--port N] [--data DIR] [--key KEY]
A stand-in for Kling's video API. Prints one JSON line with its url when ready; SIGTERM ends it.
  --port N    default 0: any free port
  --data DIR  where its tasks, files and journal live (default: .sandbox-kling)
  --key KEY   the API key it accepts (default: api-key-kling-sandbox)
`;

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    data: { type: 'string', default: '.sandbox-kling' },
    key: { type: 'string', default: 'api-key-kling-sandbox' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  process.stdout.write(HELP);
} else {
  const keys = { apiKey: values.key, accessKey: 'sandbox-access', secretKey: 'sandbox-secret' };
  const sandbox = await startKlingSandbox({ port: Number(values.port), folder: values.data, keys });
  process.stdout.write(`${JSON.stringify({ url: sandbox.url })}\n`);
  const stop = (): void => {
    void sandbox.stop().then(() => process.exit(0));
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}
