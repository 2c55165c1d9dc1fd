import { createServer } from 'node:http';
import { expect, it } from 'vitest';
import { createUsageReporter } from '../../src/main/account/index.ts';
import { createApiClient } from '../../src/main/api/index.ts';
import { silentLogger } from '../../src/main/logging/logger-port.ts';

it("one account's work is never reported as another's", async () => {
  const reports: unknown[] = [];
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const piece of request) text += String(piece);
    reports.push(JSON.parse(text));
    response.end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const api = createApiClient({ baseUrl: () => `http://127.0.0.1:${port}`, appVersion: '0.0.0-test', logger: silentLogger });
  api.setTokens({ accessToken: async () => 'token', refused: () => undefined });
  let accountId: string | null = 'first';
  const usage = createUsageReporter({ api, accountId: () => accountId, logger: silentLogger });
  usage.count('clean', 'image', 10);
  accountId = 'second';
  await usage.flush();
  expect(reports).toEqual([]);
  usage.count('convert', 'video', 10);
  accountId = null;
  usage.count('convert', 'video', 10);
  accountId = 'second';
  usage.count('inspect', 'audio', 10);
  await usage.flush();
  expect(reports).toEqual([{ events: [{ verb: 'inspect', kind: 'audio', count: 1, sizeClass: '<1MB' }] }]);
  usage.stop();
  server.closeAllConnections();
  server.close();
});
