import { expect, test } from 'vitest';
import { CATALOGUE } from '../../src/modules/catalogue/models.ts';
import { type CatalogueChange, completeSettings, createCatalogue, quote } from '../../src/modules/catalogue/service.ts';

const FLARE = 'openai/gpt-image-2.6-flare';
async function withChanges(changes: Record<string, CatalogueChange>, day = '2026-11-24') {
  const access = { openai: { available: true, sandbox: false }, google: { available: true, sandbox: false } };
  const load = async () => Object.entries(changes).map(([id, change]) => ({ id, change }));
  const catalogue = createCatalogue(access, () => new Date(`${day}T12:00:00Z`), undefined, load);
  await catalogue.refresh();
  return catalogue;
}
const shown = (catalogue: Awaited<ReturnType<typeof withChanges>>, id: string) => catalogue.list().find((model) => model.id === id);

test('an operator changes price, limits, names and dates of a model; the rest stays', async () => {
  const [before] = CATALOGUE;
  const price = { kind: 'perUnit', unit: 'image', base: 7, factors: [], since: '2026-12-01' } as const;
  const change = { price, limits: { maxPromptChars: 100 }, label: { en: 'Flare', ru: 'Вспышка' }, providerModel: 'gpt-image-9' };
  const catalogue = await withChanges({ [FLARE]: change as never });
  const { entry } = catalogue.require(FLARE);
  expect(quote(entry, completeSettings(entry, { quality: 'high' })).credits).toBe(7);
  expect(entry).toMatchObject({ providerModel: 'gpt-image-9', label: { ru: 'Вспышка' }, capability: 'image' });
  expect(entry.limits).toEqual({ ...before?.limits, maxPromptChars: 100 });
  expect(catalogue.list()).toHaveLength((await withChanges({})).list().length);
});

test('a model disappears by itself on its day; one that is switched off is shown and not sold', async () => {
  const retired = { [FLARE]: { retiresAt: '2026-11-25' } };
  expect(shown(await withChanges(retired), FLARE)).toMatchObject({ available: true, retiresAt: '2026-11-25' });
  const gone = await withChanges(retired, '2026-11-25');
  expect(shown(gone, FLARE)).toBeUndefined();
  expect(() => gone.require(FLARE)).toThrow(expect.objectContaining({ code: 'generation.modelUnavailable' }));
  const off = await withChanges({ [FLARE]: { enabled: false } });
  expect(shown(off, FLARE)).toMatchObject({ available: false });
  expect(() => off.require(FLARE)).toThrow(expect.objectContaining({ code: 'generation.modelUnavailable' }));
});

test('a new model is made like another and stands behind it; one that is like nothing is none', async () => {
  const id = 'openai/gpt-image-2.7-flare';
  const catalogue = await withChanges({
    [id]: { like: FLARE, providerModel: 'gpt-image-2.7-flare', label: { en: 'GPT Image 2.7', ru: 'GPT Image 2.7' } },
    'openai/other': { like: 'openai/nothing' },
  });
  const ids = catalogue.list().map((model) => model.id);
  expect(ids.indexOf(id)).toBe(ids.indexOf(FLARE) + 1);
  expect(catalogue.require(id).entry).toMatchObject({ providerModel: 'gpt-image-2.7-flare', capability: 'image' });
  expect(shown(catalogue, id)?.settingsSchema).toEqual(shown(catalogue, FLARE)?.settingsSchema);
  expect(ids).not.toContain('openai/other');
});

test('nothing that has been shut down is offered, and what ends has its date', async () => {
  const ids = (await withChanges({}, '2027-03-01')).list().map((model) => model.id);
  expect(ids.filter((id) => /openai.*tts|whisper|sora|imagen|veo/.test(id))).toEqual([]);
  expect((await withChanges({})).list().find((model) => model.id === 'openai/whisper-1')?.retiresAt).toBe('2027-02-26');
});

test('a price that the provider has announced holds from its day on, unless the operator has set another', async () => {
  const id = 'google/gemini-3.8-flash';
  const base = async (day: string, changes: Record<string, CatalogueChange> = {}) => {
    const { price } = (await withChanges(changes, day)).require(id).entry;
    return price.kind === 'perToken' ? price.outPerMillion : null;
  };
  expect([await base('2026-12-31'), await base('2027-01-01')]).toEqual([375, 750]);
  const price = { kind: 'perToken', unit: 'token', inPerMillion: 1, outPerMillion: 5, outFrom: 'max_output_tokens', since: '2026-12-01' };
  expect(await base('2027-01-01', { [id]: { price: price as never } })).toBe(5);
});

test('a text costs at most what its longest answer would', () => {
  const entry = CATALOGUE.find((one) => one.id === 'openai/gpt-6.1-sol');
  if (!entry) throw new Error('not in the catalogue');
  const most = (settings: object, prompt: string, sources = 0) => quote(entry, completeSettings(entry, settings), { prompt, sources });
  // 200 and 1,000 credits a million tokens; a token is a byte at least.
  expect(most({ max_output_tokens: 16_000 }, '')).toEqual({ credits: 17, units: 1, perUnit: 17, exact: false });
  expect(most({ max_output_tokens: 1_000 }, 'я'.repeat(10_000)).credits).toBe(6);
  expect(most({ max_output_tokens: 1_000, instructions: 'x'.repeat(2_000) }, 'я'.repeat(10_000)).credits).toBe(6);
  expect(most({ max_output_tokens: 1_000 }, '', 8).credits).toBe(8);
});

test('speech and sounds cost by characters and minutes that are begun', () => {
  const credits = (id: string, measures: object) => {
    const entry = CATALOGUE.find((one) => one.id === id);
    if (!entry) throw new Error('not in the catalogue');
    return quote(entry, completeSettings(entry, {}), measures);
  };
  expect(credits('openai/tts-1-hd', { prompt: 'x'.repeat(1_001) })).toMatchObject({ credits: 6, units: 2, exact: true });
  // A Chinese character counts as two.
  expect(credits('openai/tts-1-hd', { prompt: '字'.repeat(501) })).toMatchObject({ units: 2 });
  expect(credits('openai/whisper-1', { sourceSeconds: 61 })).toMatchObject({ credits: 2, units: 2 });
});
