import { HTTP_ROUTES } from '@pingplex/shared/contracts/http';
import { describe, expect, test } from 'vitest';
import { CATALOGUE } from '../../src/modules/catalogue/models.ts';
import { completeSettings, createCatalogue, quote } from '../../src/modules/catalogue/service.ts';

const edit = createCatalogue({ openai: { available: true, sandbox: true } }).require('openai/gpt-image-2.6-flare:edit').entry;

test('what the catalogue shows matches the contract, with a label in both languages on every setting', () => {
  const models = createCatalogue({ openai: { available: true, sandbox: false } }).list();
  expect(HTTP_ROUTES['models.list'].response.parse({ models }).models).toHaveLength(CATALOGUE.length);
  for (const model of models) {
    const properties = Object.values(model.settingsSchema['properties'] as Record<string, Record<string, unknown>>);
    // All that can be said about music is said in the prompt.
    expect(properties.length).toBeGreaterThan(model.capability === 'music' ? -1 : 0);
    for (const property of properties) expect(property['x-label']).toEqual({ en: expect.any(String), ru: expect.stringMatching(/[а-я]/i) });
  }
});

test('every combination of settings of a picture has a whole price, dearer with quality, size and number', () => {
  for (const entry of CATALOGUE.filter((one) => one.provider === 'openai' && one.resultKind === 'image')) {
    const sizes = (entry.price.kind === 'perUnit' ? entry.price.factors : []).find((f) => f.setting === 'size')?.values ?? {};
    for (const quality of ['low', 'medium', 'high']) {
      for (const size of Object.keys(sizes).filter((s) => entry.capability === 'imageEdit' || s !== 'auto')) {
        const one = quote(entry, completeSettings(entry, { quality, size }));
        const four = quote(entry, completeSettings(entry, { quality, size, n: 4 }));
        expect(Number.isInteger(one.credits) && one.credits > 0).toBe(true);
        expect(four).toMatchObject({ credits: one.credits * 4, units: 4 });
      }
    }
    const price = (settings: object) => quote(entry, completeSettings(entry, settings)).credits;
    expect(price({ quality: 'high' })).toBeGreaterThan(price({ quality: 'medium' }));
    expect(price({ size: '2048x2048' })).toBeGreaterThan(price({ size: '1024x1024' }));
  }
});

test('a film costs what its seconds, resolution and sound cost, rounded up once', () => {
  const kling = createCatalogue({ kling: { available: true, sandbox: true } }).require('kling/kling-3.0').entry;
  const credits = (settings: object) => quote(kling, completeSettings(kling, settings)).credits;
  // List price per second in cents: 8.4 and 11.2 without sound, 12.6 and 16.8 with it.
  expect(credits({})).toBe(42);
  expect(credits({ resolution: '1080p' })).toBe(56);
  expect(credits({ audio: 'native' })).toBe(63);
  expect(credits({ audio: 'native', resolution: '1080p', duration: 15 })).toBe(252);
  expect(credits({ duration: 3 })).toBe(26);
});

describe('settings', () => {
  test('are completed with defaults', () => {
    expect(completeSettings(edit, {})).toEqual({ size: 'auto', quality: 'medium', n: 1, output_format: 'png', background: 'auto' });
  });
  test.each([
    [{ n: 5 }, 'settings.n'],
    [{ n: 1.5 }, 'settings.n'],
    [{ size: '1x1' }, 'settings.size'],
    [{ quality: 'max' }, 'settings.quality'],
    [{ stream: true }, 'settings.stream'],
    [{ background: 'transparent', output_format: 'jpeg' }, 'settings.background'],
  ])('%j is refused', (given, field) => {
    expect(() => completeSettings(edit, given)).toThrow(expect.objectContaining({ code: 'generation.settingsInvalid', field }));
  });
});

test('a model is sold until the day it retires, and only while somebody answers', () => {
  const [model] = CATALOGUE;
  if (!model) throw new Error('the catalogue is empty');
  const ending = [{ ...model, retiresAt: '2026-12-01' }];
  const on = (day: string, available = true) =>
    createCatalogue({ openai: { available, sandbox: false } }, () => new Date(`${day}T12:00:00Z`), ending);
  expect(on('2026-11-30').require(model.id).entry.id).toBe(model.id);
  expect(() => on('2026-12-01').require(model.id)).toThrow(expect.objectContaining({ code: 'generation.modelUnavailable' }));
  expect(on('2026-11-30').list()[0]).toMatchObject({ available: true, retiresAt: '2026-12-01' });
  expect(on('2026-12-01').list()).toEqual([]);
  expect(() => on('2026-11-30', false).require(model.id)).toThrow(expect.objectContaining({ code: 'generation.modelUnavailable' }));
  expect(() => on('2026-11-30').require('openai/other')).toThrow(expect.objectContaining({ code: 'generation.modelUnknown' }));
});
