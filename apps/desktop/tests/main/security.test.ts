import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { createMemorySecretStore } from '../../src/main/account/index.ts';
import { givenArguments, openedFiles, pathsFromArguments, shortenArguments } from '../../src/main/app/open-files.ts';
import { scopeSecrets } from '../../src/main/app/scope-secrets.ts';
import { redactText } from '../../src/main/logging/redact.ts';
import { CONTENT_SECURITY_POLICY } from '../../src/main/security/csp.ts';
import { mayOpenExternally } from '../../src/main/security/external-links.ts';
import { isOwnPage, isTrustedSender, mayLoad } from '../../src/main/security/origins.ts';

const ROOT = path.resolve(import.meta.dirname, '../../../..');

describe('row 9: addresses for the system browser', () => {
  test.each(['https://pingplex.io/help', 'https://www.pingplex.io/', 'https://PINGPLEX.io/x?y#z'])('%s may open', (url) => {
    expect(mayOpenExternally(url, null)).toBe(true);
  });

  test.each([
    'https://pingplex.io.evil.example/',
    'https://evilpingplex.io/',
    'https://pingplex.io@evil.example/',
    'https://user:word@pingplex.io/',
    'https://pingplex.io:8443/',
    'http://pingplex.io/',
    'javascript:alert(1)//https://pingplex.io',
    'file:///etc/hosts',
    'file://server/share',
    '\\\\server\\share',
    'smb://pingplex.io/',
    'data:text/html,x',
    'pingplex.io',
    '',
    'http://127.0.0.1:8025/',
  ])('%s may not', (url) => {
    expect(mayOpenExternally(url, null)).toBe(false);
  });

  test('pages of a sandbox server open over http only on the very address of this machine that is configured', () => {
    expect(mayOpenExternally('http://127.0.0.1:8025/', new URL('http://127.0.0.1:3000'))).toBe(true);
    expect(mayOpenExternally('http://192.168.0.4:8025/', new URL('http://192.168.0.4:3000'))).toBe(false);
    expect(mayOpenExternally('http://127.0.0.1.evil.example/', new URL('http://127.0.0.1:3000'))).toBe(false);
  });
});

describe('row 10: who may ask', () => {
  const sender = { url: 'app://pingplex/index.html', isMainFrame: true, windowIsOurs: true };

  test('only the main frame of our window that shows our page', () => {
    expect(isTrustedSender(sender)).toBe(true);
    expect(isTrustedSender(null)).toBe(false);
    expect(isTrustedSender({ ...sender, isMainFrame: false })).toBe(false);
    expect(isTrustedSender({ ...sender, windowIsOurs: false })).toBe(false);
  });

  test.each([
    '',
    'about:blank',
    'app://pingplex.evil/',
    'app://pingplex:8080/',
    'app://x@pingplex/',
    'app://other/',
    'https://pingplex/',
    'data:text/html,app://pingplex/',
    'file:///app://pingplex/',
    'null',
  ])('an address like "%s" is not our page', (url) => {
    expect(isOwnPage(url)).toBe(false);
    expect(isTrustedSender({ ...sender, url })).toBe(false);
  });
});

describe('row 5: what the window may load', () => {
  test.each([
    'https://pingplex.io/',
    'http://127.0.0.1/',
    'ws://127.0.0.1/',
    'wss://x/',
    'file:///etc/hosts',
    'ftp://x/',
    'chrome-extension://a/b.js',
    'filesystem:app://pingplex/x',
    'nothing',
  ])('%s is refused', (url) => {
    expect(mayLoad(url)).toBe(false);
  });

  test.each(['app://pingplex/index.html', 'media://file/abc', 'blob:app://pingplex/1', 'data:image/png;base64,AA=='])(
    '%s is let through',
    (url) => {
      expect(mayLoad(url)).toBe(true);
    },
  );
});

test('row 4: the policy allows no foreign and no inline code', () => {
  const rules = new Map(CONTENT_SECURITY_POLICY.split('; ').map((rule) => [rule.split(' ')[0], rule.split(' ').slice(1)] as const));
  expect(rules.get('default-src')).toEqual(["'none'"]);
  expect(rules.get('script-src')).toEqual(["'self'"]);
  expect(rules.get('style-src')).toEqual(["'self'"]);
  for (const closed of ['base-uri', 'form-action', 'frame-ancestors']) expect(rules.get(closed)).toEqual(["'none'"]);
  expect(CONTENT_SECURITY_POLICY).not.toMatch(/unsafe|https?:|\*|wss?:/);
});

describe('rows 22 and 23: arguments of a launch', () => {
  test('switches, deep links, other addresses and nonsense are no files', () => {
    const args = [
      '--remote-debugging-port=1',
      '-x',
      '',
      'pingplex://pay/now',
      'https://pingplex.io/a.jpg',
      'a\0b.jpg',
      'file://server/share/a.jpg',
      'file:///%zz',
    ];
    expect(pathsFromArguments(args, '/home/a')).toEqual([]);
  });

  test('names belong to the folder of that launch; file: addresses are paths', () => {
    const cwd = path.resolve('/home/anna');
    const given = path.join(cwd, 'b c.jpg');
    expect(pathsFromArguments(['a.jpg', pathToFileURL(given).href, './$(x).png'], cwd)).toEqual([
      path.join(cwd, 'a.jpg'),
      given,
      path.join(cwd, '$(x).png'),
    ]);
  });

  test('there is an upper bound', () => {
    expect(
      pathsFromArguments(
        Array.from({ length: 30_000 }, (_, n) => `${n}.jpg`),
        '/',
      ),
    ).toHaveLength(5000);
  });

  test("Electron's own arguments are left out", () => {
    expect(givenArguments(['electron', '/app', 'a.jpg'], true)).toEqual(['a.jpg']);
    expect(givenArguments(['pingplex', 'a.jpg'], false)).toEqual(['a.jpg']);
  });

  test('a command line that is too long goes through a list that is read once', async () => {
    const userData = await mkdtemp(path.join(os.tmpdir(), 'pingplex-list-'));
    try {
      expect(shortenArguments(['a.jpg', '--x'], '/', userData)).toBeNull();
      const names = Array.from({ length: 3000 }, (_, n) => path.resolve('/media', `picture number ${n}.jpg`));
      const short = shortenArguments(['--lang=ru', ...names], '/', userData) ?? [];
      expect(short).toHaveLength(2);
      expect(short[0]).toBe('--lang=ru');
      expect(openedFiles(short, '/', userData)).toEqual(names);
      expect(openedFiles(short, '/', userData)).toEqual([]);
      expect(await readdir(path.join(userData, 'open-lists'))).toEqual([]);
    } finally {
      await rm(userData, { recursive: true });
    }
  });

  test('a list can only be one of ours', () => {
    const here = import.meta.filename;
    for (const id of [here, '../../settings.json', '', 'a'.repeat(23), `${'a'.repeat(24)}/..`])
      expect(openedFiles([`--open-list=${id}`], '/', ROOT)).toEqual([]);
    expect(existsSync(here)).toBe(true);
  });
});

test('row 18: tokens, keys, addresses and the home folder are taken out of texts', () => {
  const text = redactText(
    'Bearer abcdef0123456789 eyJhbGciOiJF.eyJzdWIiOiIx.c2lnbmF0dXJl sk-proj-12345678abc anna@example.org /home/anna/x Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6',
    '/home/anna',
  );
  expect(text).not.toMatch(/abcdef|eyJ|sk-|anna|Zm9v/);
  expect(text).toContain('~/x');
});

test('row 16: two profiles share a keychain and not a session', async () => {
  const keychain = createMemorySecretStore();
  const [one, two] = [scopeSecrets(keychain, '/home/a/one'), scopeSecrets(keychain, '/home/a/two')];
  await one.set('refresh', 'first');
  await two.set('refresh', 'second');
  expect((await one.get('refresh')).value).toBe('first');
  await two.delete('refresh');
  expect((await one.get('refresh')).value).toBe('first');
  expect((await two.get('refresh')).value).toBeNull();
});

describe('what the checklist asks of the repository', () => {
  test('row 28: a supported Electron is pinned, and every push looks for known vulnerabilities', () => {
    const { devDependencies } = JSON.parse(readFileSync(path.join(ROOT, 'apps/desktop/package.json'), 'utf8')) as {
      devDependencies: Record<string, string>;
    };
    expect(devDependencies['electron']).toMatch(/^\d+\.\d+\.\d+$/);
    expect(Number(devDependencies['electron']?.split('.')[0])).toBeGreaterThanOrEqual(43);
    const workflow = readFileSync(path.join(ROOT, '.github/workflows/test.yml'), 'utf8');
    expect(workflow).toContain('npm audit');
    expect(workflow).toContain('npm test');
  });

  test('row 29: nothing newer than the oldest run-time is called without being looked for', () => {
    const config = readFileSync(path.join(ROOT, 'apps/desktop/electron.vite.config.ts'), 'utf8');
    expect(config).toContain("'node20.18'");
    expect(config).toContain("'chrome130'");
    const source = readdirTexts(path.join(ROOT, 'apps/desktop/src/main'));
    // Node 22 and later: URL.parse, Promise.try, Array.fromAsync, node:sqlite, import.meta.main.
    for (const newer of [/\bURL\.parse\(/, /\bPromise\.try\(/, /\bArray\.fromAsync\(/, /node:sqlite/, /import\.meta\.main/]) {
      expect(source.filter(({ text }) => newer.test(text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, ''))).map(({ name }) => name)).toEqual([]);
    }
  });
});

function readdirTexts(folder: string): { name: string; text: string }[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => ({ name: entry.name, text: readFileSync(path.join(entry.parentPath, entry.name), 'utf8') }));
}
