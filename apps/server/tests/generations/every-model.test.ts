import { randomUUID } from 'node:crypto';
import type { Model } from '@pingplex/shared/contracts/http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { sound } from '../../src/sandbox/kit/sound.ts';
import { createWorld, picture, type World } from '../helpers/generation-world.ts';

let world: World;
let frame: Buffer;
let talk: Buffer;
beforeAll(async () => {
  world = await createWorld();
  frame = await picture(400, 400, 'png');
  talk = sound({ seconds: 2, prompt: 'talk', sampleRate: 8_000 });
});
afterAll(() => world.stop());

const Property = z.object({
  enum: z.array(z.union([z.string(), z.number()])).optional(),
  const: z.union([z.string(), z.number()]).optional(),
  minimum: z.number().optional(),
  type: z.string().optional(),
});

/** The smallest thing that the form of this model can order: the first choice, the lowest number. */
function smallest(model: Model): Record<string, string | number | boolean> {
  const properties = z.record(z.string(), z.unknown()).parse(model.settingsSchema['properties'] ?? {});
  return Object.fromEntries(
    Object.entries(properties).flatMap(([name, value]) => {
      const property = Property.parse(value);
      const choice = property.enum?.[0] ?? (property.type === 'integer' ? property.minimum : undefined);
      return choice === undefined ? [] : [[name, choice]];
    }),
  );
}

async function make(model: Model): Promise<void> {
  const userId = await world.newUser(1_000);
  const isHeard = model.capability === 'transcript';
  const [bytes, mime] = isHeard ? [talk, 'audio/wav'] : [frame, 'image/png'];
  const sources = await Promise.all(
    Array.from({ length: model.limits.minSources }, async () => ({
      uploadId: (await world.upload(userId, bytes, mime, 2_000)) as never,
      role: isHeard ? ('audio' as const) : ('image' as const),
    })),
  );
  const prompt = model.limits.promptOptional ? '' : `${model.id} ${randomUUID()}`;
  const made = await world.create(userId, prompt, { modelId: model.id, settings: smallest(model), sources });
  const done = await world.ended(userId, made.id);
  expect([model.id, done.state, done.failure]).toEqual([model.id, 'succeeded', null]);
  expect(done.results.map((result) => result.kind)).toEqual([model.resultKind]);
  expect(done.credits.captured).toBeGreaterThan(0);
  if (model.price.kind === 'perUnit') expect([model.id, done.credits.released]).toEqual([model.id, 0]);
  const attempts = await world.db.attempt.findMany({ where: { generationId: made.id } });
  expect(attempts).toMatchObject([{ outcome: 'delivered', n: 1 }]);
  // What it cost us is known, so that no price can hide a loss: the list price is a cent for a credit, rounded up.
  const cost = Number(attempts[0]?.providerCostMicroUsd ?? Number.NaN);
  expect([model.id, cost <= done.credits.captured * 10_000 * 1.05]).toEqual([model.id, true]);
}

test('row 47: every model of the catalogue makes what it says, with the smallest form, and earns what it costs', async () => {
  const models = world.deps.catalogue.list();
  expect(new Set(models.map((model) => model.provider))).toEqual(new Set(['openai', 'google', 'kling', 'dashscope']));
  expect(new Set(models.map((model) => model.capability)).size).toBe(8);
  await Promise.all(models.map(make));
  expect(await world.violations()).toEqual([]);
});
