import { openMedia } from '../src/engine/measure/av-media.ts';
import { runUnicalize } from '../src/engine/unicalize/run-unicalize.ts';
import { type Figure, median, rate } from './peers.ts';

const VARIANTS = 4;
const RUNS = 3;
const ctx = { signal: new AbortController().signal, progress: () => undefined };

type Cost = { readonly wallMs: number; readonly cpuMs: number };

async function cost(work: () => Promise<unknown>): Promise<Cost> {
  const before = process.cpuUsage();
  const startedAt = performance.now();
  await work();
  const { user, system } = process.cpuUsage(before);
  return { wallMs: performance.now() - startedAt, cpuMs: (user + system) / 1000 };
}

async function largest(films: readonly string[]): Promise<string | undefined> {
  const sized = await Promise.all(
    films.map(async (path) => {
      const { video } = await openMedia(path);
      return { path, pixels: (video?.width ?? 0) * (video?.height ?? 0) };
    }),
  );
  return sized.toSorted((a, b) => b.pixels - a.pixels)[0]?.path;
}

/**
 * Several variants of one clip in one run against as many runs of one variant each, one after another in the same process: what a decode
 * for all and encoders side by side are worth. Both search, measure and verify. The processor's time tells it on a busy machine too.
 */
export async function benchSeveral(files: readonly string[], dir: string): Promise<Figure[]> {
  const path = await largest(files.filter((file) => /\.(mp4|mov|mkv)$/i.test(file)));
  if (!path) return [];
  const settings = { strength: 'balanced', mirror: false } as const;
  const run = (seed: number, variants: number) =>
    runUnicalize({ path, temp: { dir, stem: '.pingplex-several' }, settings: { ...settings, seed, variants } }, ctx);
  await run(1, 1);
  const [together, apart]: [Cost[], Cost[]] = [[], []];
  for (let i = 0; i < RUNS; i++) {
    together.push(await cost(() => run(1, VARIANTS)));
    apart.push(
      await cost(async () => {
        for (let seed = 1; seed <= VARIANTS; seed++) await run(seed, 1);
      }),
    );
  }
  const perMinute = (costs: readonly Cost[], of: keyof Cost) => (VARIANTS * 60_000) / median(costs.map((one) => one[of]));
  const name = `${VARIANTS} variants of one clip`;
  const peer = `${VARIANTS} runs of one variant`;
  return [
    rate({ name, peer, unit: 'variants/min', ours: perMinute(together, 'wallMs'), theirs: perMinute(apart, 'wallMs'), target: 1.5 }),
    rate({ name, peer, unit: 'variants per CPU minute', ours: perMinute(together, 'cpuMs'), theirs: perMinute(apart, 'cpuMs') }),
  ];
}
