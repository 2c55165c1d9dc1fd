import type { MediaFormat, MediaKind, RecipeId, StepVerb } from '@pingplex/shared/domain';
import { Recipe } from '@pingplex/shared/domain';
import type { Sql } from './sql.ts';

/** Sums over finished jobs; older ones count less and less, so that the figures follow the machine. */
export type Throughput = {
  readonly verb: StepVerb;
  readonly kind: MediaKind;
  readonly format: MediaFormat;
  readonly jobs: number;
  /** Units of work, see `batches/work-units.ts`. */
  readonly units: number;
  readonly ms: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
};

type RawThroughput = Omit<Throughput, 'bytesIn' | 'bytesOut'> & { bytes_in: number; bytes_out: number };
/** Each new job takes a fiftieth of the weight of what was known. */
const FADE = 0.98;

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

    throughput(): Throughput[] {
      return sql
        .all<RawThroughput>('SELECT * FROM throughput')
        .map(({ bytes_in, bytes_out, ...raw }) => ({ ...raw, bytesIn: bytes_in, bytesOut: bytes_out }));
    },
    addThroughput(job: Omit<Throughput, 'jobs'>): void {
      sql.run(
        `INSERT INTO throughput VALUES (?, ?, ?, 1, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
          jobs = jobs * ${FADE} + 1, units = units * ${FADE} + excluded.units, ms = ms * ${FADE} + excluded.ms,
          bytes_in = bytes_in * ${FADE} + excluded.bytes_in, bytes_out = bytes_out * ${FADE} + excluded.bytes_out`,
        [job.verb, job.kind, job.format, job.units, job.ms, job.bytesIn, job.bytesOut],
      );
    },

    fact(key: string): string | undefined {
      return sql.get<{ value: string }>('SELECT value FROM facts WHERE key = ?', [key])?.value;
    },
    setFact(key: string, value: string): void {
      sql.run('INSERT INTO facts VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value', [key, value]);
    },
  };
}
