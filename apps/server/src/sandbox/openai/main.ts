import { parseArgs } from 'node:util';
import { startOpenAiSandbox } from './server.ts';

const HELP = `node src/sandbox/openai/main.ts [--port N] [--data DIR] [--key KEY]
A stand-in for OpenAI's image API. Prints one JSON line with its url when ready; SIGTERM ends it.
  --port N    default 0: any free port
  --data DIR  where the journal of paid calls and the controls live (default: .sandbox-openai)
  --key KEY   the API key it accepts (default: sk-sandbox)
`;

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    data: { type: 'string', default: '.sandbox-openai' },
    key: { type: 'string', default: 'sk-sandbox' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  process.stdout.write(HELP);
} else {
  const sandbox = await startOpenAiSandbox({ port: Number(values.port), folder: values.data, apiKey: values.key });
  process.stdout.write(`${JSON.stringify({ url: sandbox.url })}\n`);
  const stop = (): void => {
    void sandbox.stop().then(() => process.exit(0));
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}
