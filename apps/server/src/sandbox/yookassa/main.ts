import { parseArgs } from 'node:util';
import { startYooKassaSandbox } from './server.ts';

const HELP = `node src/sandbox/yookassa/main.ts [--port N] [--data DIR] [--shop ID] [--key KEY] [--receipts]
A stand-in for YooKassa. Prints one JSON line with its url when ready; SIGTERM ends it. Orders (clock, messages, saved cards, faults) go
to POST /_sandbox; GET /_sandbox shows what it knows.
  --port N     default 0: any free port
  --data DIR   where its state lives (default: .sandbox-yookassa)
  --shop ID    the shop it accepts (default: 100500)
  --key KEY    its secret key (default: test_sandbox)
  --receipts   the shop makes receipts: each payment and refund must carry one
`;

const text = (standard: string) => ({ type: 'string', default: standard }) as const;
const flag = { type: 'boolean', default: false } as const;
const { values } = parseArgs({
  options: {
    port: text('0'),
    data: text('.sandbox-yookassa'),
    shop: text('100500'),
    key: text('test_sandbox'),
    receipts: flag,
    help: flag,
  },
});
if (values.help) {
  process.stdout.write(HELP);
} else {
  const { port, data, shop, key, receipts } = values;
  const sandbox = await startYooKassaSandbox({ port: Number(port), folder: data, shopId: shop, secretKey: key, receipts });
  process.stdout.write(`${JSON.stringify({ url: sandbox.url })}\n`);
  const stop = (): void => {
    void sandbox.stop().then(() => process.exit(0));
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}
