import type { Generation, ResultKind } from '@pingplex/shared/contracts/http';
import { GenerationId, type GenerationState, type SettingsValues } from '@pingplex/shared/domain';
import { AppError } from '@pingplex/shared/errors';
import type { Db, Tx } from '../../db/client.ts';
import { readWaiting } from './waiting.ts';

type Row = {
  id: string;
  model_id: string;
  state: GenerationState;
  prompt: string;
  sandbox: boolean;
  settings: SettingsValues;
  live_text: string | null;
  is_partial: boolean;
  failure_code: string | null;
  failure_categories: string[];
  created_at: Date;
  finished_at: Date | null;
  hold_amount: bigint;
  hold_captured: bigint;
  hold_state: 'open' | 'captured' | 'released';
  results: {
    id: string;
    kind: ResultKind;
    mime: string;
    size: number;
    sha256: string;
    width: number | null;
    height: number | null;
    duration: number | null;
    expires: string;
  }[];
};

/** One generation of this user as the contract shows it, or null. The owner is part of the question. */
export async function readGeneration(db: Db | Tx, userId: string, id: string): Promise<Generation | null> {
  const [row] = await select(db, userId, id, { limit: 1 });
  if (!row) return null;
  return { ...row, waiting: row.state === 'queued' ? await readWaiting(db, userId, id) : null };
}

/** @throws AppError `request.notFound`, for ids of others too */
export async function requireGeneration(db: Db | Tx, userId: string, id: string): Promise<Generation> {
  const found = await readGeneration(db, userId, id);
  if (!found) throw new AppError('request.notFound', 'no such generation');
  return found;
}

/** Which of a user's generations are asked for; `before` is the last one of the page before, `search` a part of the prompt. */
export type Page = {
  before?: string | undefined;
  limit: number;
  search?: string | undefined;
  modelId?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
};

/** Newest first. */
export async function listGenerations(db: Db, userId: string, page: Page): Promise<{ generations: Generation[]; next: string | null }> {
  const found = await select(db, userId, null, { ...page, limit: page.limit + 1 });
  const generations = found.slice(0, page.limit);
  return { generations, next: found.length > page.limit ? (generations.at(-1)?.id ?? null) : null };
}

async function select(db: Db | Tx, userId: string, id: string | null, page: Page): Promise<Generation[]> {
  const { before = null, search = null, modelId = null, from = null, to = null, limit } = page;
  // The signs that LIKE gives a meaning are meant as they are.
  const part = search === null ? null : `%${search.replace(/[\\%_]/g, '\\$&')}%`;
  // One statement: state, credits and results of the same moment.
  const rows = await db.$queryRaw<Row[]>`
    SELECT g.id::text, g.model_id, g.state, g.prompt, g.sandbox, g.settings, g.is_partial,
           CASE WHEN ${id}::uuid IS NULL THEN NULL ELSE g.live_text END AS live_text, g.failure_code, g.failure_categories, g.created_at, g.finished_at,
           h.amount AS hold_amount, h.captured AS hold_captured, h.state AS hold_state,
           coalesce((SELECT jsonb_agg(jsonb_build_object('id', r.id, 'kind', r.kind, 'mime', r.mime, 'size', r.size_bytes, 'sha256', r.sha256,
               'width', r.width, 'height', r.height, 'duration', r.duration_ms, 'expires', to_char(r.expires_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
               ORDER BY r.n) FROM generation_result r WHERE r.generation_id = g.id), '[]'::jsonb) AS results
    FROM generation g JOIN hold h ON h.id = g.id
    WHERE g.user_id = ${userId}::uuid AND (${id}::uuid IS NULL OR g.id = ${id}::uuid) AND (${before}::uuid IS NULL OR g.id < ${before}::uuid)
      AND (${part}::text IS NULL OR g.prompt ILIKE ${part}) AND (${modelId}::text IS NULL OR g.model_id = ${modelId})
      AND (${from}::timestamptz IS NULL OR g.created_at >= ${from}::timestamptz) AND (${to}::timestamptz IS NULL OR g.created_at < ${to}::timestamptz)
    ORDER BY g.id DESC LIMIT ${limit}`;
  return rows.map((row) => (id === null ? toContract(row) : { ...toContract(row), text: row.live_text }));
}

function toContract(row: Row): Generation {
  const [amount, captured] = [Number(row.hold_amount), Number(row.hold_captured)];
  const isOpen = row.hold_state === 'open';
  return {
    id: GenerationId.parse(row.id),
    modelId: row.model_id,
    state: row.state,
    prompt: row.prompt,
    credits: { held: isOpen ? amount : 0, captured, released: isOpen ? 0 : amount - captured },
    results: row.results.map((r) => ({
      id: r.id,
      kind: r.kind,
      mime: r.mime,
      sizeBytes: r.size,
      sha256: r.sha256,
      width: r.width,
      height: r.height,
      durationMs: r.duration,
      expiresAt: r.expires,
    })),
    failure: row.failure_code === null ? null : { code: row.failure_code, categories: row.failure_categories },
    sandbox: row.sandbox,
    settings: row.settings,
    isPartial: row.is_partial,
    createdAt: row.created_at.toISOString(),
    finishedAt: row.finished_at?.toISOString() ?? null,
  };
}
