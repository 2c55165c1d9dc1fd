import type { TempPlace, UnicalizeJob, Variant, WrittenFile } from '@pingplex/shared/contracts/engine';
import { FORMATS, type MediaKind } from '@pingplex/shared/domain';
import { AppError } from '@pingplex/shared/errors';
import type { z } from 'zod';
import { removeQuietly, sealFile, tempPath } from '../../output/index.ts';
import type { StreamFacts } from '../binaries/av.ts';
import { type TranscodeJob, transcode } from '../binaries/transcode.ts';
import type { JobContext } from '../job-context.ts';
import { type OpenMedia, openMedia } from '../measure/av-media.ts';
import { type AudioPrint, distanceOf, type Print } from '../measure/print.ts';
import { soundQuality } from '../measure/run-compare.ts';
import { levelOf, measureSound, printOf, type SoundFacts } from '../measure/sound.ts';
import { Portions, partOf } from './portions.ts';
import type { Targets } from './presets.ts';
import { type Done, searchVariant } from './search.ts';
import { type Made, nearestFigure, reaches, withSisters } from './sisters.ts';
import { audioTrack, soundContainer, soundEncoding, soundTail } from './sound-encoding.ts';
import { drawSound, SOUND_LEVELS, SOUND_TRIES_PER_LEVEL, type SoundPlan, soundChain } from './sound-plan.ts';

type Settings = z.infer<typeof UnicalizeJob>['settings'];

/** Percent by which a try may be wrong about the finished file. */
const TRIAL_MARGIN = 1;
const CONFIRMATIONS = 3;
/** Shares of the equaliser's gain; weaker until the tone colour is near enough. */
const DOSES = [1, 0.5, 0] as const;
/** Share of the whole job that measuring the source takes. */
const OPENING = 0.1;
/** Difference of loudness that is put right by encoding once more, LU. */
const LOUDNESS_TOLERANCE = 0.2;

type Source = { readonly media: OpenMedia; readonly audio: StreamFacts; readonly facts: SoundFacts };
type Written = Done & { readonly facts: SoundFacts; readonly file: WrittenFile; readonly dose: number; readonly gain: number };

/**
 * Makes variants of a sound file: tempo, speed, equaliser, at the source's loudness and in its format.
 * @throws AppError engine.stepNotPossible (`reason`: noSound, noEncoder), file.*, output.*
 */
export async function unicalizeSound(
  path: string,
  temp: TempPlace,
  settings: Settings,
  targets: Targets,
  ctx: JobContext,
): Promise<Variant[]> {
  const media = await openMedia(path);
  soundContainer(media.format);
  if (!media.audio) throw new AppError('engine.stepNotPossible', 'the file has no sound track', { params: { reason: 'noSound' } });
  const source: Source = { media, audio: media.audio, facts: await measureSound(media, ctx.signal, partOf(ctx, 0, OPENING).progress) };
  const made: Made[] = [];
  for (let n = 1; n <= settings.variants; n++) {
    const end = (of: number) => OPENING + ((1 - OPENING) * of) / settings.variants;
    const part = partOf(ctx, end(n - 1), end(n));
    made.push(await makeVariant(source, n, settings, targets, temp, made, part));
    part.progress(1);
  }
  return withSisters(made, printed(source.facts), targets);
}

/** Gain in dB that brings a changed sound back to the source's loudness. */
export async function loudnessGain(media: OpenMedia, loudness: number | undefined, chain: string, ctx: JobContext): Promise<number> {
  const changed = (await levelOf(media, ctx.signal, chain, ctx.progress)).loudness;
  return loudness === undefined || changed === undefined ? 0 : Math.round((loudness - changed) * 1000) / 1000;
}

/** Encodes and seals one file; nothing stays behind when that fails. */
export async function encodeAside(
  job: Omit<TranscodeJob, 'output'>,
  file: { n: number; ext: string; kind: MediaKind; format: WrittenFile['format'] },
  temp: TempPlace,
  ctx: JobContext,
): Promise<WrittenFile> {
  const output = tempPath(temp, file.n, file.ext);
  try {
    await transcode({ ...job, output }, ctx);
    return { tempPath: output, ext: file.ext, format: file.format, kind: file.kind, ...(await sealFile(output)) };
  } catch (thrown) {
    await removeQuietly(output);
    throw thrown;
  }
}

function printed(facts: SoundFacts): AudioPrint {
  return { kind: 'audio', sound: facts.print };
}

async function makeVariant(
  source: Source,
  n: number,
  { seed, strength }: Settings,
  targets: Targets,
  temp: TempPlace,
  sisters: readonly Made[],
  ctx: JobContext,
): Promise<Made> {
  const others = sisters.map((sister) => sister.print);
  const figureOf = (print: Print) => nearestFigure(print, printed(source.facts), others, targets);
  const rate = source.audio.sampleRate ?? 44_100;
  const portions = new Portions(ctx);
  const { done, tried, attempts } = await searchVariant<SoundPlan, Written>(
    {
      tries: SOUND_LEVELS * SOUND_TRIES_PER_LEVEL,
      margin: TRIAL_MARGIN,
      confirmations: CONFIRMATIONS,
      draw: (attempt) => drawSound(seed, n, attempt, strength),
      tryOut: async (plan) => figureOf({ kind: 'audio', sound: await printOf(source.media, ctx.signal, soundChain(plan, rate, 1)) }),
      finish: async ({ plan }) => {
        const written = await encodeUntilGood(source, plan, n, targets, temp, portions);
        return { ...written, figure: figureOf(printed(written.facts)) };
      },
    },
    targets,
    ctx.signal,
  );
  const quality = soundQuality(source.facts, done.facts);
  return {
    print: printed(done.facts),
    quality: quality.spectral,
    variant: {
      n,
      file: done.file,
      parameters: { ...flat(tried.plan), gain: done.gain, dose: done.dose, draw: tried.attempt },
      fromSource: distanceOf(printed(source.facts), printed(done.facts)),
      quality,
      attempts,
    },
  };
}

async function encodeUntilGood(
  source: Source,
  plan: SoundPlan,
  n: number,
  targets: Targets,
  temp: TempPlace,
  portions: Portions,
): Promise<Omit<Written, 'figure'>> {
  const { media, audio, facts } = source;
  const container = soundContainer(media.format);
  const encoding = soundEncoding(audio, container, media.bitRate);
  const ext = FORMATS[media.format].extensions[0];
  const encode = async (chain: string, gain: number, pass: JobContext) => {
    const filter = [chain, soundTail(encoding, gain)].filter(Boolean).join(',');
    const track = audioTrack(encoding, filter);
    const file = await encodeAside(
      { input: media.path, container, audio: track },
      { n, ext, kind: 'audio', format: media.format },
      temp,
      partOf(pass, 0, 0.6),
    );
    return { file, facts: await measureSound(await openMedia(file.tempPath), pass.signal, partOf(pass, 0.6, 1).progress) };
  };
  for (const [i, dose] of DOSES.entries()) {
    const chain = soundChain(plan, audio.sampleRate ?? 44_100, dose);
    const pass = portions.next();
    let gain = await loudnessGain(media, facts.loudness, chain, partOf(pass, 0, 0.3));
    let written = await encode(chain, gain, partOf(pass, 0.3, 1));
    // Some encoders turn the sound down themselves (LAME: to 95 %).
    const off = soundQuality(facts, written.facts).loudnessDelta ?? 0;
    if (Math.abs(off) > LOUDNESS_TOLERANCE) {
      gain = Math.round((gain - off) * 1000) / 1000;
      written = await encode(chain, gain, portions.next());
    }
    const good = reaches(soundQuality(facts, written.facts).spectral, targets.minQuality);
    if (good || i === DOSES.length - 1) return { ...written, dose, gain, encodes: i + 1 };
  }
  throw new RangeError('there is at least one dose');
}

/** A plan as flat figures for the report. */
export function flat({ speed, tempo, bells }: SoundPlan): Variant['parameters'] {
  const figures: Variant['parameters'] = { speed, tempo };
  bells.forEach(({ hz, gain }, i) => {
    figures[`bell${i + 1}Hz`] = hz;
    figures[`bell${i + 1}Gain`] = gain;
  });
  return figures;
}
