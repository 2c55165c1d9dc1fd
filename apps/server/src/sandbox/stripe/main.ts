import { parseArgs } from 'node:util';
import { startStripeSandbox } from './server.ts';

const HELP = `node src/sandbox/stripe/main.ts [--port N] [--data DIR] [--key KEY] [--secret SECRET]
A stand-in for Stripe. Prints one JSON line with its url when ready; SIGTERM ends it. Orders (clock, messages, disputes, faults) go to
POST /_sandbox; GET /_sandbox shows what it knows.
  --port N         default 0: any free port
  --data DIR       where its state lives (default: .sandbox-stripe)
  --key KEY        the API key it accepts (default: sk_test_sandbox)
  --secret SECRET  signs its messages (default: whsec_sandbox)
`;

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    data: { type: 'string', default: '.sandbox-stripe' },
    key: { type: 'string', default: 'sk_test_sandbox' },
    secret: { type: 'string', default: 'whsec_sandbox' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  process.stdout.write(HELP);
} else {
  const sandbox = await startStripeSandbox({
    port: Number(values.port),
    folder: values.data,
    apiKey: values.key,
    webhookSecret: values.secret,
  });
  process.stdout.write(`${JSON.stringify({ url: sandbox.url })}\n`);
  const stop = (): void => {
    void sandbox.stop().then(() => process.exit(0));
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}
