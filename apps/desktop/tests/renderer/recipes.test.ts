import { beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { completeSettings, fieldsOf, priceFor } from '../../src/renderer/features/recipes/schema.ts';
import { MODELS } from './double/seed.ts';

const kept = new Map<string, string>();
beforeAll(() => {
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
  });
});
const draft = () => import('../../src/renderer/features/recipes/draft.ts');

test('a form is drawn from the schema in the user’s language; what has no control is left out', () => {
  const [model] = MODELS;
  if (!model) throw new Error('the seed has a model');
  const fields = fieldsOf(model.settingsSchema, 'ru');
  expect(fields.map((field) => [field.name, field.kind, field.label])).toEqual([
    ['quality', 'choice', 'Качество'],
    ['n', 'whole', 'Картинок'],
    ['transparent', 'switch', 'Прозрачный фон'],
  ]);
  expect(completeSettings(model.settingsSchema, { n: 3 })).toEqual({ quality: 'medium', n: 3, transparent: false });
});

test('the price follows the settings, and a setting without a price has none', () => {
  const [model] = MODELS;
  if (!model) throw new Error('the seed has a model');
  expect(priceFor(model, {})?.credits).toBe(4);
  expect(priceFor(model, { quality: 'high', n: 2 })?.credits).toBe(32);
  expect(priceFor(model, { quality: 'unheard of' })).toBeNull();
});

beforeEach(async () => {
  const { loadSteps } = await draft();
  loadSteps([], null);
});

test('steps are added, moved, changed and taken away', async () => {
  const { addStep, moveStep, removeStep, useDraft } = await draft();
  addStep('clean');
  addStep('convert');
  addStep('unicalize');
  const verbs = (): string[] => useDraft.getState().steps.map((one) => one.step.verb);
  const [, convert] = useDraft.getState().steps;
  if (!convert) throw new Error('a step was added');
  moveStep(convert.key, -1);
  expect(verbs()).toEqual(['convert', 'clean', 'unicalize']);
  moveStep(convert.key, -1);
  expect(verbs()).toEqual(['convert', 'clean', 'unicalize']);
  removeStep(convert.key);
  expect(verbs()).toEqual(['clean', 'unicalize']);
  for (let n = 0; n < 20; n += 1) addStep('clean');
  expect(verbs()).toHaveLength(12);
});

test('an unfinished AI edit says what is missing', async () => {
  const { missingIn } = await draft();
  const step = { verb: 'generate', keep: false, modelId: '', prompt: '', settings: {}, applyTo: 'first' } as const;
  expect(missingIn(step)).toBe('model');
  expect(missingIn({ ...step, modelId: 'm' })).toBe('prompt');
  expect(missingIn({ ...step, modelId: 'm', prompt: 'night' })).toBeNull();
});

test('the steps are remembered', async () => {
  const { addStep } = await draft();
  addStep('clean');
  expect(JSON.parse(kept.get('pingplex.draft') ?? '{}')).toMatchObject({ steps: [{ verb: 'clean', keepGroups: [] }] });
});
