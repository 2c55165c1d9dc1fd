import { createServer, type Server } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isPublicAddress, openResult } from '../../src/providers/fetch-result.ts';

let server: Server;
let origin: string;
const asked: { path: string; key: string | undefined }[] = [];
beforeAll(async () => {
  server = createServer((request, response) => {
    const route = request.url ?? '';
    asked.push({ path: route, key: request.headers['x-key']?.toString() });
    if (route === '/loop') response.writeHead(302, { location: '/loop' }).end();
    else if (route === '/inside') response.writeHead(302, { location: 'http://127.0.0.1:9/secret' }).end();
    else if (route === '/metadata') response.writeHead(302, { location: 'https://169.254.169.254/latest' }).end();
    else if (route === '/once') response.writeHead(302, { location: '/good' }).end();
    else if (route === '/gone') response.writeHead(403).end('expired');
    else if (route === '/broken') response.writeHead(500).end();
    else if (route === '/short') {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half');
      setImmediate(() => response.destroy());
    } else if (route === '/endless') {
      const timer = setInterval(() => response.write(Buffer.alloc(1000)), 1);
      response.once('close', () => clearInterval(timer));
    } else if (route === '/silent') response.writeHead(200).write('x');
    else response.end('good');
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  origin = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const open = async (route: string, trusted = [origin], headersFor?: () => Record<string, string>) => {
  const limits = { maxBytes: 10_000, silenceMs: 300, signal: AbortSignal.timeout(20_000) };
  const address = route.startsWith('/') ? origin + route : route;
  const bytes = await buffer(await openResult(address, { trustedOrigins: trusted, ...(headersFor ? { headersFor } : {}) }, limits));
  return bytes.toString('utf8');
};

test('a result is fetched, over a redirect too, with headers for the first host only', async () => {
  expect(await open('/good')).toBe('good');
  expect(await open('/once', [origin], () => ({ 'x-key': 'secret' }))).toBe('good');
  expect(asked.slice(-2)).toEqual([
    { path: '/once', key: 'secret' },
    { path: '/good', key: 'secret' },
  ]);
});

test.each([
  ['a plain address that is not trusted', 'http://example.org/a.mp4'],
  ['this machine by number', 'https://127.0.0.1/a'],
  ['this machine by name', 'https://localhost/a'],
  ['IPv6 of this machine', 'https://[::1]/a'],
  ['IPv4 inside IPv6', 'https://[::ffff:10.0.0.1]/a'],
  ['a private network', 'https://10.1.2.3/a'],
  ['the address of cloud metadata', 'https://169.254.169.254/latest/meta-data'],
  ['a name with a password', 'https://user:pass@93.184.216.34/a'],
  ['a file', 'file:///etc/passwd'],
  ['no address', 'nonsense'],
])('is not visited: %s', async (_name, address) => {
  await expect(open(address)).rejects.toMatchObject({ kind: 'forbidden' });
});

test('a redirect leads nowhere that the first address may not be', async () => {
  for (const route of ['/inside', '/metadata', '/loop']) await expect(open(route)).rejects.toMatchObject({ kind: 'forbidden' });
  // Our own stand-in's address is trusted only as long as it is named.
  await expect(open('/good', [])).rejects.toMatchObject({ kind: 'forbidden' });
});

test.each([
  ['/gone', 'gone'],
  ['/broken', 'trouble'],
  ['/short', 'trouble'],
  ['/silent', 'trouble'],
  ['/endless', 'forbidden'],
])('says why it can not be had: %s', async (route, kind) => {
  await expect(open(route)).rejects.toMatchObject({ kind });
});

test.each([
  ['8.8.8.8', true],
  ['2606:4700::1111', true],
  ['0.0.0.0', false],
  ['100.64.0.1', false],
  ['172.31.255.255', false],
  ['192.168.1.1', false],
  ['198.19.0.1', false],
  ['fc00::1', false],
  ['fe80::1', false],
  ['64:ff9b::a00:1', false],
  ['2002:a00:1::', false],
  ['not an address', false],
])('%s is on the public internet: %s', (address, isPublic) => {
  expect(isPublicAddress(address)).toBe(isPublic);
});
