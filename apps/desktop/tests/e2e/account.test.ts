import { cp, mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Movement } from '@pingplex/shared/contracts/http';
import { TEXTS } from '@pingplex/shared/text';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { chooseFile, clearDesk, type Desk, openDesk } from '../driver/desk.ts';
import { filesBelow, sha256Of } from '../driver/disk.ts';
import { type RunningServer, startServer } from '../driver/server.ts';
import type { Studio } from '../driver/studio.ts';
import { acceptedCalls } from '../main/helpers/cloud.ts';
import { writePicture } from '../main/helpers/media.ts';

const EMAIL = 'maker@studio.example';
const PASSWORD = 'seven green bottles on a wall';
const WELCOME = 100;

let server: RunningServer;
let desk: Desk;
let studio: Studio;

const EN = TEXTS.en;
const available = async (): Promise<number> => (await studio.call('wallet.refresh', {})).available;
/** Every movement of the wallet, newest first, over all pages. */
async function movements(): Promise<readonly Movement[]> {
  const all: Movement[] = [];
  for (let before: string | null | undefined; before !== null; ) {
    const page = await studio.call('wallet.movements', before === undefined ? { limit: 5 } : { before, limit: 5 });
    all.push(...page.movements);
    before = page.next;
  }
  return all;
}
const until = (check: () => Promise<void>): Promise<void> => vi.waitFor(check, { timeout: 60_000, interval: 100 });

/** Adds one picture and an AI edit with this prompt. */
async function prepare(name: string, prompt: string): Promise<string> {
  await clearDesk(studio);
  const file = path.join(desk.input, name);
  await writePicture(file, name.length);
  await studio.addFiles([file]);
  await studio.filesReady(1);
  await studio.addStep('generate');
  await studio.editStep(0, async (page) => {
    await page.getByLabel('Prompt').fill(prompt);
  });
  const output = path.join(desk.output, path.parse(name).name);
  await mkdir(output);
  await studio.chooseOutput(output, '{name}-{model}-{index}');
  return output;
}

beforeAll(async () => {
  desk = await openDesk('account');
  server = await startServer(path.join(desk.root, 'server'));
  await desk.running().close();
  studio = await desk.reopen({ serverUrl: server.url });
});
afterAll(async () => {
  await desk?.done();
  await server?.stop();
});

describe('an account from the first day', () => {
  test('sign-up: a weak password and a wrong address are told beside their fields, the mail leads to a signed-in wallet', async () => {
    const { page } = studio;
    await studio.go('account');
    await page.locator('label', { hasText: 'Create account' }).click();
    await page.getByLabel('E-mail').fill('not-an-address');
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    // Nobody gets an account without saying so themselves.
    expect(await page.getByRole('button', { name: 'Create account' }).isDisabled()).toBe(true);
    await page.getByRole('checkbox', { name: /18 or older/ }).check();
    await page.getByRole('button', { name: 'Create account' }).click();
    await page.getByText('This isn’t an e-mail address.').waitFor();
    expect(await page.getByLabel('E-mail').getAttribute('aria-invalid')).toBe('true');
    await page.getByLabel('E-mail').fill(EMAIL);
    await page.getByLabel('Password', { exact: true }).fill('short');
    await page.getByRole('button', { name: 'Create account' }).click();
    await page.locator('input[type=password][aria-invalid=true]').waitFor();
    await studio.signUp(EMAIL, PASSWORD, server.sandboxes.mail);
    await page.getByTestId('account').getByText(EMAIL).waitFor();
    await page.getByTestId('balance').getByText(String(WELCOME), { exact: true }).waitFor();
  });

  test('sign-out and sign-in: the wallet goes and comes back; a wrong password is told helpfully beside the form', async () => {
    const { page } = studio;
    await studio.go('account');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('form', { name: 'Sign in or create an account' }).waitFor();
    expect(await page.getByTestId('balance').count()).toBe(0);
    expect((await studio.call('app.getState', {})).account).toBeNull();
    await studio.signIn(EMAIL, 'not the password at all');
    const form = page.getByRole('form', { name: 'Sign in or create an account' });
    const { title, next } = EN.errors['auth.badCredentials'];
    await form.getByRole('alert').getByText(title).waitFor();
    await form.getByText(next).waitFor();
    // What was typed stays, so that only the slip has to be mended.
    expect(await page.getByLabel('E-mail').inputValue()).toBe(EMAIL);
    await studio.signIn(EMAIL, PASSWORD);
    await page.getByTestId('account').getByText(EMAIL).waitFor();
    await page.getByTestId('balance').getByText(String(WELCOME), { exact: true }).waitFor();
  });
});

describe('paid steps', () => {
  beforeEach(async () => {
    await studio.go('workspace');
  });

  test('row 54: the price and the balance after it stand on the bar before the run, and come true', async () => {
    const before = await available();
    const output = await prepare('price.jpg', `warm light ${crypto.randomUUID()}`);
    const bar = studio.page.getByTestId('recipe-bar');
    const button = studio.page.getByTestId('run');
    await button.getByText(/^Run · \d+ credits?$/).waitFor();
    const price = Number(/\d+/.exec((await button.textContent()) ?? '')?.[0]);
    expect(price).toBeGreaterThan(0);
    await bar
      .getByTestId('estimate-basis')
      .getByText(`${before - price} left after it`)
      .waitFor();
    expect(await available()).toBe(before);
    const { batch, items } = await studio.finished(await studio.run());
    expect(items.map(({ state }) => state)).toEqual(['done']);
    expect(batch.creditsSpent).toBe(price);
    expect(await available()).toBe(before - price);
    await studio.page
      .getByTestId('balance')
      .getByText(String(before - price), { exact: true })
      .waitFor();
    expect(await filesBelow(output)).toHaveLength(1);
  });

  test('row 59: the result lands by itself under the template, whole and with the hash that the server named', async () => {
    const prompt = `blue hour ${crypto.randomUUID()}`;
    const output = await prepare('land.png', prompt);
    const batchId = await studio.run();
    // The user is elsewhere meanwhile.
    await studio.go('recipes');
    const { results } = await studio.finished(batchId);
    const names = await filesBelow(output);
    expect(names).toEqual(results.map(({ name }) => name));
    expect(names[0]).toMatch(/^land-.*gpt-image.*-001\.(png|jpe?g|webp)$/);
    const [result] = results;
    expect(await sha256Of(path.join(output, names[0] ?? ''))).toBe(result?.sha256);
    expect((await sharp(path.join(output, names[0] ?? '')).stats()).channels.length).toBeGreaterThan(2);
    expect(result?.measurements.generation).toMatchObject({ sandbox: true });
    expect((await acceptedCalls(server.sandboxes.openai)).filter((call) => call.prompt === prompt)).toHaveLength(1);
    await studio.go('library');
    await studio.page.locator(`[data-testid=result-card][data-result-name="${names[0]}"]`).waitFor();
  });

  test.each([
    ['refused.jpg', '[[moderation]]', 'generation.refused'],
    ['broken.jpg', '[[wrong]]', 'generation.resultUnreadable'],
  ] as const)('row 55: %s: credits come back by themselves with the reason in the queue and in the wallet', async (name, keyword, code) => {
    const before = await available();
    const movesBefore = (await movements()).length;
    const output = await prepare(name, `${keyword} ${crypto.randomUUID()}`);
    const { items } = await studio.finished(await studio.run());
    const error = items[0]?.error;
    expect(items[0]?.state).toBe('failed');
    expect(error?.code).toBe(code);
    await studio.go('queue');
    const card = studio.page.getByTestId('batch').first();
    const row = card.locator(`[data-testid=item][data-item-name="${name}"]`);
    const shut = card.getByRole('button', { name: 'Show files' });
    await shut.or(card.getByRole('button', { name: 'Hide files' })).waitFor();
    if (await shut.isVisible()) await shut.click();
    const text = EN.errors[code];
    await row.getByTestId('item-reason').getByText(text.title).waitFor();
    // Row 58's other half: what was refused is never offered as a paid retry.
    expect(await row.getByRole('button', { name: `Retry ${name}` }).count()).toBe(code === 'generation.refused' ? 0 : 1);
    await until(async () => expect(await available()).toBe(before));
    expect(await filesBelow(output)).toEqual([]);
    const fresh = (await movements()).slice(0, (await movements()).length - movesBefore);
    expect(fresh.map(({ kind }) => kind)).toEqual(['release', 'hold']);
    await studio.go('account');
    const line = studio.page.getByTestId('movements').locator('li[data-kind=release]').first();
    await line.getByText(EN.words.movement.release).waitFor();
    await line.getByText(text.title).waitFor();
  });

  test('the wallet’s movements add up to its balance, and the window lists every one', async () => {
    const all = await movements();
    const wallet = await studio.call('wallet.refresh', {});
    expect(all.reduce((sum, one) => sum + one.availableChange, 0)).toBe(wallet.available);
    expect(all.reduce((sum, one) => sum + one.heldChange, 0)).toBe(wallet.held);
    expect(wallet.held).toBe(0);
    expect(wallet.grants.reduce((sum, grant) => sum + grant.available, 0)).toBe(wallet.available);
    await studio.go('account');
    const lines = studio.page.getByTestId('movements').locator('li');
    await until(async () => expect(await lines.count()).toBe(all.length));
    const signed = (await lines.locator('span.font-semibold').allTextContents()).map((text) =>
      Number(text.replace('−', '-').replace('+', '').split(' ')[0]),
    );
    const expected = all.map((one) => (one.availableChange === 0 ? one.heldChange : one.availableChange));
    expect(signed).toEqual(expected);
  });

  test('row 62: signed out, a cloud step says what it needs and local steps go on', async () => {
    await studio.go('account');
    await studio.page.getByRole('button', { name: 'Sign out' }).click();
    await studio.page.getByRole('form', { name: 'Sign in or create an account' }).waitFor();
    await studio.go('workspace');
    await prepare('signed-out.jpg', 'anything');
    await studio.page.locator('[data-testid=finding][data-level=error]').first().waitFor();
    expect(await studio.page.getByTestId('run').isDisabled()).toBe(true);
    const file = await chooseFile(studio, 'signed-out.jpg');
    await clearDesk(studio);
    const local = path.join(desk.output, 'signed-out-local');
    await mkdir(local);
    await cp(path.join(desk.input, file.name), path.join(desk.input, 'local.jpg'));
    await studio.addFiles([path.join(desk.input, 'local.jpg')]);
    await studio.filesReady(1);
    await studio.addStep('clean');
    await studio.chooseOutput(local, '{name}');
    const { items } = await studio.finished(await studio.run());
    expect(items.map(({ state }) => state)).toEqual(['done']);
    expect(await filesBelow(local)).toEqual(['local.jpg']);
  });
});
