import type { MediaFormat, MediaKind, RecipeId, StepVerb } from '@pingplex/shared/domain';
import { Recipe } from '@pingplex/shared/domain';
import type { Sql } from './sql.ts';

/** One kind of work, as far as it decides how long a job takes. */
export type WorkKind = {
  readonly verb: StepVerb;
  readonly kind: MediaKind;
  readonly format: MediaFormat;
  /** Settings that change the cost, as a short text. */
  readonly shape: string;
  /** Power of two of the units of work. */
  readonly size: number;
};

/** Sums over finished jobs of one kind; older ones count less and less, so that the figures follow the machine. */
export type Speed = WorkKind & {
  readonly jobs: number;
  /** Units of work, see `batches/work-units.ts`. */
  readonly units: number;
  readonly ms: number;
  /** Sums of ln(ms per unit) and of its square. */
  readonly logs: number;
  readonly squares: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
};
/** A finished job. */
export type DoneJob = WorkKind & Pick<Speed, 'units' | 'ms' | 'bytesIn' | 'bytesOut'>;
/** What a batch was expected to take and what it took, in ms. */
export type BatchOutcome = { readonly plannedMs: number; readonly tookMs: number };

type RawSpeed = Omit<Speed, 'bytesIn' | 'bytesOut'> & { bytes_in: number; bytes_out: number };
/** Each new job takes a twentieth of the weight of what was known. */
const FADE = 0.95;
const OUTCOMES = 'estimate.outcomes';
const OUTCOMES_KEPT = 20;

export type KnowledgeRepository = ReturnType<typeof knowledgeRepository>;

/** What the app remembers beside batches: recipes, measured speed, small facts. */
export function knowledgeRepository(sql: Sql) {
  return {
    recipes(): Recipe[] {
      return sql
        .all<{ id: string; name: string; steps: string }>('SELECT id, name, steps FROM recipes ORDER BY name COLLATE NOCASE')
        .map((raw) => Recipe.parse({ id: raw.id, name: raw.name, steps: JSON.parse(raw.steps) }));
    },
    saveRecipe(recipe: Recipe, at: number): void {
      sql.run(
        'INSERT INTO recipes VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET name = excluded.name, steps = excluded.steps, updated_at = excluded.updated_at',
        [recipe.id, recipe.name, JSON.stringify(recipe.steps), at, at],
      );
    },
    removeRecipe(id: RecipeId): boolean {
      return sql.run('DELETE FROM recipes WHERE id = ?', [id]) > 0;
    },

    speeds(): Speed[] {
      return sql
        .all<RawSpeed>('SELECT * FROM speeds')
        .map(({ bytes_in, bytes_out, ...raw }) => ({ ...raw, bytesIn: bytes_in, bytesOut: bytes_out }));
    },
    learn(job: DoneJob): void {
      const log = Math.log(Math.max(0.001, job.ms / job.units));
      sql.run(
        `INSERT INTO speeds VALUES (?, ?, ?, ?, ?, 1, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
          jobs = jobs * ${FADE} + 1, units = units * ${FADE} + excluded.units, ms = ms * ${FADE} + excluded.ms,
          logs = logs * ${FADE} + excluded.logs, squares = squares * ${FADE} + excluded.squares,
          bytes_in = bytes_in * ${FADE} + excluded.bytes_in, bytes_out = bytes_out * ${FADE} + excluded.bytes_out`,
        [job.verb, job.kind, job.format, job.shape, job.size, job.units, job.ms, log, log * log, job.bytesIn, job.bytesOut],
      );
    },
    /** The newest batches that ran from their beginning to their end without a stop, oldest first. */
    outcomes(): BatchOutcome[] {
      const text = sql.get<{ value: string }>('SELECT value FROM facts WHERE key = ?', [OUTCOMES])?.value;
      return text === undefined ? [] : (JSON.parse(text) as BatchOutcome[]);
    },
    addOutcome(outcome: BatchOutcome): void {
      const kept = [...this.outcomes(), outcome].slice(-OUTCOMES_KEPT);
      sql.run('INSERT INTO facts VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value', [OUTCOMES, JSON.stringify(kept)]);
    },

    fact(key: string): string | undefined {
      return sql.get<{ value: string }>('SELECT value FROM facts WHERE key = ?', [key])?.value;
    },
    setFact(key: string, value: string): void {
      sql.run('INSERT INTO facts VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value', [key, value]);
    },
  };
}
