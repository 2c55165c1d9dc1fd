import { copyFile, lstat, mkdir, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { formatByName } from '@pingplex/shared/domain';
import { errorText, TEXTS } from '@pingplex/shared/text';
import type { Locator } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { endExifTool } from '../../src/engine/binaries/exiftool.ts';
import { type Desk, openDesk } from '../driver/desk.ts';
import { hashesBelow, sha256Of } from '../driver/disk.ts';
import type { Studio } from '../driver/studio.ts';
import { makeHostileFiles } from '../engine/helpers/hostile-files.ts';
import { makeMedia } from '../engine/helpers/media.ts';

let desk: Desk;
let studio: Studio;
/** Name of every file in the folder → `ok` or the code that its inspection must answer. */
let expected: ReadonlyMap<string, string>;
/** Names of whole pictures that only have unusual names. */
let good: readonly string[];

const posix = process.platform !== 'win32';
const at = (...parts: string[]): string => path.join(desk.input, ...parts);
/** Large enough to be a trap and not to be read here. */
const HUGE = 1024 ** 3;

const connections: string[] = [];
const outside = createServer((socket) => {
  connections.push(String(socket.remoteAddress));
  socket.destroy();
});

beforeAll(async () => {
  desk = await openDesk('hostile');
  studio = desk.studio();
  await new Promise<void>((ready) => outside.listen(0, '127.0.0.1', ready));
  const address = outside.address();
  const made = await makeMedia(await mkdir(path.join(desk.root, 'made')).then(() => path.join(desk.root, 'made')));
  const answers = await makeHostileFiles(desk.input, made, typeof address === 'object' && address ? address.port : 0);
  await endExifTool();
  // The directory that is called like a picture holds one.
  await copyFile(made.jpeg, at('a.jpg', 'inside.jpg'));
  const more = ['-i.jpg', ...(posix ? ['$(x).png'] : []), 'vanishes.jpg', `${'v'.repeat(250)}.jpg`, `${'w'.repeat(246)}.png`];
  for (const name of more) await copyFile(name.endsWith('.png') ? made.png : made.jpeg, at(name));
  const there = new Set(await readdir(desk.input));
  const all = new Map([...answers].filter(([name]) => there.has(name) && name !== 'a.jpg'));
  for (const name of [...more, 'inside.jpg']) all.set(name, 'ok');
  expected = all;
  const broken = /^(truncated|zeroed|nested|overflow|table-|timescale|4-gb|header-only|ztxt|entity|comments|40000|film\.|picture\.|secret)/;
  good = [...all.keys()].filter(
    (name) => all.get(name) === 'ok' && formatByName(name) !== undefined && name !== 'vanishes.jpg' && !broken.test(name),
  );
}, 240_000);

afterAll(async () => {
  await desk?.done();
  await new Promise((closed) => outside.close(closed));
});

/** Everything below the folder: what it is, its size and, unless it is huge, what it holds. */
async function fingerprint(): Promise<string[]> {
  const entries = await readdir(desk.input, { recursive: true, withFileTypes: true });
  const lines = entries.map(async (entry) => {
    const full = path.join(entry.parentPath, entry.name);
    const { size, mode } = await lstat(full);
    return `${entry.name} ${mode} ${entry.isFile() ? size : ''} ${entry.isFile() && size < HUGE ? await sha256Of(full) : ''}`;
  });
  return (await Promise.all(lines)).sort();
}

/** Keeps asking main and drawing frames until it is told to stop; then says how often both were answered. */
async function startHeartbeat(): Promise<() => Promise<{ asked: number; answered: number; frames: number }>> {
  await studio.page.evaluate(`(() => {
    const beat = { asked: 0, answered: 0, frames: 0, goesOn: true };
    globalThis.beat = beat;
    beat.over = (async () => {
      while (beat.goesOn) {
        beat.asked += 1;
        if ((await window.pingplex.invoke('app.getState', {})).ok) beat.answered += 1;
        await new Promise((resolve) => requestAnimationFrame(resolve));
        beat.frames += 1;
      }
    })();
  })()`);
  return async () => {
    const told = 'beat.goesOn = false, beat.over.then(() => ({ asked: beat.asked, answered: beat.answered, frames: beat.frames }))';
    return await studio.page.evaluate<{ asked: number; answered: number; frames: number }>(`globalThis.${told}`);
  };
}

/** Every failed file of an open card with the reason that stands under its name; the list is scrolled to its end. */
async function failedInQueue(card: Locator): Promise<Map<string, string>> {
  await card.locator('label', { hasText: /\d+ failed/ }).click();
  const list = card.getByTestId('items');
  const found = new Map<string, string>();
  for (let top = 0; ; top += 150) {
    const isEnd = await list.evaluate((one, to) => {
      one.scrollTop = to;
      return new Promise<boolean>((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(to > one.scrollHeight))));
    }, top);
    const rows = await card
      .getByTestId('item')
      .evaluateAll((all) =>
        all.map(
          (row) => [row.getAttribute('data-item-name') ?? '', row.querySelector('[data-testid=item-reason]')?.textContent ?? ''] as const,
        ),
      );
    for (const [name, reason] of rows) found.set(name, reason);
    if (isEnd) return found;
  }
}

/** True when a text is one of those that we write for people, with what happened and what to do; figures may stand between the two. */
const isPlain = (text: string): boolean =>
  [...Object.values(TEXTS.en.errors), ...Object.values(TEXTS.en.remarks.reason)].some(({ title, next }) => {
    const start = `${title}. `.split('{')[0] ?? '';
    const end = next.split('}').at(-1) ?? '';
    return start !== '' && text.startsWith(start) && text.endsWith(end);
  });

test('must-show 6: hostile files and names: each says in plain words what is wrong, the others are done, the window answers', {
  timeout: 600_000,
}, async () => {
  const before = await fingerprint();
  const stopHeartbeat = await startHeartbeat();
  await studio.addFolder(desk.input);

  // What can't be added at all is listed with its reason.
  const addable = [...expected].filter(([name]) => formatByName(name) !== undefined && !/^(pipe|dangling|loop)\./.test(name));
  const files = await studio.filesReady(addable.length);
  expect(files.map(({ name }) => name).sort()).toEqual(addable.map(([name]) => name).sort());
  const report = await studio.addReport();
  expect(report.refused.map(({ name }) => name).sort()).toEqual(
    [...expected.keys()].filter((name) => !files.some((file) => file.name === name)).sort(),
  );
  for (const { name, reason } of report.refused) expect(isPlain(reason), `${name}: ${reason}`).toBe(true);

  // What could not be read says so on its card, in words.
  for (const file of files) {
    const code = expected.get(file.name) ?? '';
    expect(file.error?.code ?? 'ok', file.name).toBe(code);
    if (file.error) expect(file.state).toBe('failed');
  }
  const tooLarge = studio.page.locator('[data-file-name="60000-square.png"]');
  await studio.page.getByRole('searchbox').fill('60000-square');
  await tooLarge.getByText('The file is too large for this step').waitFor();
  await studio.page.getByRole('searchbox').fill('');

  await studio.addStep('clean');
  await studio.addStep('unicalize');
  await studio.editStep(1, (page) => page.getByLabel('Variants per file').fill('1'));
  await studio.chooseOutput(desk.output, '{index}-{name}');
  await studio.confirmRights();
  await rm(at('vanishes.jpg'));
  const id = await studio.run();
  const card = await studio.showItems(id);
  const { batch, items, results } = await studio.finished(id);

  expect(Object.values(batch.counts).reduce((sum, one) => sum + one, 0)).toBe(files.length);
  const states = new Map(items.map(({ name, state, error }) => [name, error === null ? state : error.code]));
  for (const name of good) expect(states.get(name), name).toBe('done');
  for (const [name, answer] of addable) if (answer !== 'ok') expect(states.get(name), name).toBe(answer);
  expect(states.get('vanishes.jpg')).toBe('file.notFound');
  // Damaged ones are done or refused; none brings the engine down.
  for (const { name, state, error } of items) {
    expect(['done', 'failed', 'skipped'], name).toContain(state);
    expect(['engine.crashed', 'engine.timedOut', 'engine.memory', 'engine.unavailable'], name).not.toContain(error?.code);
  }
  const said = await failedInQueue(card);
  expect([...said.keys()].sort()).toEqual(
    items
      .filter(({ state }) => state === 'failed')
      .map(({ name }) => name)
      .sort(),
  );
  for (const [name, reason] of said) expect(isPlain(reason), `${name}: ${reason}`).toBe(true);
  const gone = errorText('en', { code: 'file.notFound' });
  expect(said.get('vanishes.jpg')).toBe(`${gone.title}. ${gone.next}`);

  expect(await hashesBelow(desk.output)).toEqual(Object.fromEntries(results.map((one) => [one.name, one.sha256])));
  for (const { name } of results) expect(name, 'a name that every system can hold').not.toMatch(/[<>:"/\\|?*]|\p{Cc}/u);
  expect(await fingerprint()).toEqual(before.filter((line) => !line.startsWith('vanishes.jpg ')));
  expect(connections).toEqual([]);

  const { asked, answered, frames } = await stopHeartbeat();
  expect(answered).toBe(asked);
  expect(frames).toBe(asked);
  expect(frames).toBeGreaterThan(10);
});
