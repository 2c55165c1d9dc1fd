import { AppError } from '@pingplex/shared/errors';
import { loadConfig } from '../config/config.ts';
import type { Db } from '../db/client.ts';
import { inTransaction } from '../db/transaction.ts';
import {
  CatalogueChange,
  type CatalogueEntry,
  completeSettings,
  createCatalogue,
  quote,
  readChanges,
  writeChange,
} from '../modules/catalogue/service.ts';
import { DEFAULT_SETTINGS, setProviderLimits, showProviders } from '../modules/generations/service.ts';
import { outsideServices } from '../program/outside.ts';
import { createProviders } from '../providers/connections.ts';
import type { Answer } from './commands.ts';

const CHECK_TIMEOUT_MS = 30_000;

async function entriesOf(db: Db): Promise<readonly CatalogueEntry[]> {
  const catalogue = createCatalogue({}, undefined, undefined, () => readChanges(db));
  await catalogue.refresh();
  return catalogue.entries();
}

/** Every entry as it stands, with what was changed of it. */
export async function modelList(db: Db): Promise<Answer> {
  const changes = new Map((await readChanges(db)).map(({ id, change }) => [id, change]));
  const models = (await entriesOf(db)).map(
    ({ id, provider, providerModel, capability, price, limits, retiresAt, enabled = true, maxParallel = null }) => ({
      ...{ id, provider, providerModel, capability, price, limits, retiresAt, enabled, maxParallel },
      changed: changes.get(id) ?? null,
    }),
  );
  return { ok: true, data: { models } };
}

/**
 * Changes an entry, or makes a new one that is `like` another. Refused when its settings could not be priced afterwards.
 * @throws AppError `request.invalid`, `generation.modelUnknown`
 */
export async function modelSet(db: Db, id: string, json: string, operator: string): Promise<Answer> {
  const change = CatalogueChange.safeParse(parse(json));
  if (!change.success) {
    const [issue] = change.error.issues;
    throw new AppError('request.invalid', `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not a change of a model'}`);
  }
  const changes = await readChanges(db);
  const tried = [
    ...changes.filter((one) => one.id !== id),
    { id, change: { ...changes.find((one) => one.id === id)?.change, ...change.data } },
  ];
  const catalogue = createCatalogue({}, undefined, undefined, async () => tried);
  await catalogue.refresh();
  const entry = catalogue.entries().find((one) => one.id === id);
  if (!entry) throw new AppError('generation.modelUnknown', `no model ${id}; a new one has to be "like" one that there is`);
  try {
    quote(entry, completeSettings(entry, {}), { prompt: 'x' });
  } catch (error) {
    throw new AppError('request.invalid', `its settings could not be priced: ${error instanceof Error ? error.message : String(error)}`);
  }
  await writeChange(db, id, change.data, `operator:${operator}`);
  return { ok: true, data: { model: id, changed: (await readChanges(db)).find((one) => one.id === id)?.change } };
}

/** Takes every change of an entry back; an entry that was made by one goes. */
export async function modelReset(db: Db, id: string): Promise<Answer> {
  await writeChange(db, id, null, '');
  return { ok: true, data: { model: id, changed: null } };
}

/** How many tasks a provider may run for us at once and how many requests it may get per minute; null: as the program has it. */
export async function providerLimit(db: Db, provider: string, limits: { slots: number | null; perMinute: number | null }): Promise<Answer> {
  const entries = await entriesOf(db);
  if (!entries.some((entry) => entry.provider === provider)) throw new AppError('request.invalid', `no provider ${provider}`);
  await inTransaction(db, (tx) => setProviderLimits(tx, provider, limits, DEFAULT_SETTINGS.slots, entries));
  return providerShow(db);
}

/** Limits, pauses and what runs, by provider. */
export async function providerShow(db: Db): Promise<Answer> {
  return { ok: true, data: { providers: await showProviders(db) } };
}

/** The cheapest real call to every provider that has a key (to our stand-ins in sandbox mode). */
export async function providerCheck(db: Db, dataFolder: string | undefined): Promise<Answer> {
  const config = await loadConfig(process.env, dataFolder === undefined ? {} : { data: dataFolder });
  const undo: (() => Promise<void>)[] = [];
  try {
    const { forApp } = await outsideServices(config, undo);
    const entries = await entriesOf(db);
    const providers = Object.entries(createProviders(forApp.connections));
    const checks = await Promise.all(
      providers.map(async ([provider, { check }]) => {
        const models = [...new Set(entries.filter((entry) => entry.provider === provider).map((entry) => entry.providerModel))];
        return { provider, sandbox: config.sandbox, ...(await check(models, AbortSignal.timeout(CHECK_TIMEOUT_MS))) };
      }),
    );
    return { ok: checks.every((one) => one.ok), data: { checks } };
  } finally {
    for (const end of undo.reverse()) await end();
  }
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw new AppError('request.invalid', 'not JSON');
  }
}
