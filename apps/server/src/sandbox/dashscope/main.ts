import { parseArgs } from 'node:util';
import { startDashScopeSandbox } from './server.ts';

const HELP = `node src/sandbox/dashscope/main.ts [--port N] [--data DIR] [--key KEY]
A stand-in for Alibaba Model Studio (DashScope) in task mode. Prints one JSON line with its url when ready; SIGTERM ends it.
  --port N    default 0: any free port
  --data DIR  where its tasks, files and journal live (default: .sandbox-dashscope)
  --key KEY   the API key it accepts (default: sk-dashscope-sandbox)
`;

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    data: { type: 'string', default: '.sandbox-dashscope' },
    key: { type: 'string', default: 'sk-dashscope-sandbox' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  process.stdout.write(HELP);
} else {
  const sandbox = await startDashScopeSandbox({ port: Number(values.port), folder: values.data, apiKey: values.key });
  process.stdout.write(`${JSON.stringify({ url: sandbox.url })}\n`);
  const stop = (): void => {
    void sandbox.stop().then(() => process.exit(0));
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}
