import { parseArgs } from 'node:util';
import { startGeminiSandbox } from './server.ts';

const HELP = `node src/sandbox/gemini/main.ts [--port N] [--data DIR] [--key KEY]
A stand-in for Google's Gemini API. Prints one JSON line with its url when ready; SIGTERM ends it.
  --port N    default 0: any free port
  --data DIR  where its tasks, files and journal live (default: .sandbox-gemini)
  --key KEY   the API key it accepts (default: AIza-sandbox)
`;

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    data: { type: 'string', default: '.sandbox-gemini' },
    key: { type: 'string', default: 'AIza-sandbox' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  process.stdout.write(HELP);
} else {
  const sandbox = await startGeminiSandbox({ port: Number(values.port), folder: values.data, apiKey: values.key });
  process.stdout.write(`${JSON.stringify({ url: sandbox.url })}\n`);
  const stop = (): void => {
    void sandbox.stop().then(() => process.exit(0));
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}
