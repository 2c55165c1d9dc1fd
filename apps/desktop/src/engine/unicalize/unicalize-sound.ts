import type { TempPlace, Variant, WrittenFile } from '@pingplex/shared/contracts/engine';
import { FORMATS, type MediaKind } from '@pingplex/shared/domain';
import { AppError } from '@pingplex/shared/errors';
import { removeQuietly, sealFile, tempPath } from '../../output/index.ts';
import type { StreamFacts } from '../binaries/av.ts';
import { type TranscodeJob, transcode } from '../binaries/transcode.ts';
import type { JobContext } from '../job-context.ts';
import { type OpenMedia, openMedia } from '../measure/av-media.ts';
import { type AudioPrint, distanceOf, type Print } from '../measure/print.ts';
import { soundQuality } from '../measure/run-compare.ts';
import { loudnessAfter, measureSound, printOf, type SoundFacts } from '../measure/sound.ts';
import { type Look, untilGood } from './looks.ts';
import { Portions, partOf } from './portions.ts';
import type { Targets } from './presets.ts';
import { searchVariant } from './search.ts';
import type { UnicalizeSettings } from './settings.ts';
import { type Made, nearestFigure, withSisters } from './sisters.ts';
import { audioTrack, soundContainer, soundEncoding, soundTail } from './sound-encoding.ts';
import { drawSound, SOUND_AIMED_LADDER, SOUND_PRESET_LADDER, type SoundPlan, soundChain } from './sound-plan.ts';

/** Percent by which a try may be wrong about the finished file. */
const TRIAL_MARGIN = 1;
const CONFIRMATIONS = 3;
/** Shares of the equaliser's gain; weaker until the tone colour is near enough. */
const LOOKS: readonly Look[] = [1, 0.5, 0].map((dose) => ({ dose, grain: 0, better: 0 }));
/** Share of the whole job that measuring the source takes. */
const OPENING = 0.1;
/** Difference of loudness that is put right by encoding once more, LU. */
const LOUDNESS_TOLERANCE = 0.2;

/** A sound file and what is known of it before any variant is made. */
export type SoundSource = { readonly media: OpenMedia; readonly audio: StreamFacts; readonly facts: SoundFacts };
type Written = {
  readonly facts: SoundFacts;
  readonly file: WrittenFile;
  readonly gain: number;
  readonly look: Look;
  readonly encodes: number;
  readonly figure: number | undefined;
  /** Likeness of tone colour. */
  readonly quality: number | undefined;
};

/**
 * Makes variants of a sound file: tempo, speed, equaliser, at the source's loudness and in its format.
 * @throws AppError engine.stepNotPossible (`reason`: noSound, noEncoder), file.*, output.*
 */
export async function unicalizeSound(
  path: string,
  temp: TempPlace,
  settings: UnicalizeSettings,
  targets: Targets,
  ctx: JobContext,
): Promise<Variant[]> {
  const source = await openSound(path, partOf(ctx, 0, OPENING));
  const made: Made[] = [];
  for (let n = 1; n <= settings.variants; n++) {
    const end = (of: number) => OPENING + ((1 - OPENING) * of) / settings.variants;
    const part = partOf(ctx, end(n - 1), end(n));
    made.push(await makeVariant(source, n, settings, targets, temp, made, part));
    part.progress(1);
  }
  return withSisters(made, targets);
}

/**
 * Measures a sound file for making variants of it.
 * @throws AppError engine.stepNotPossible (`reason`: noSound, noEncoder), file.*
 */
export async function openSound(path: string, ctx: JobContext): Promise<SoundSource> {
  const media = await openMedia(path);
  soundContainer(media.format);
  if (!media.audio) throw new AppError('engine.stepNotPossible', 'the file has no sound track', { params: { reason: 'noSound' } });
  return { media, audio: media.audio, facts: await measureSound(media, ctx.signal, ctx.progress) };
}

/** Gain in dB that brings a changed sound back to the source's loudness. */
async function loudnessGain(media: OpenMedia, loudness: number | undefined, chain: string, ctx: JobContext): Promise<number> {
  const [changed] = await loudnessAfter(media, [chain], ctx.signal, ctx.progress);
  return loudness === undefined || changed === undefined ? 0 : Math.round((loudness - changed) * 1000) / 1000;
}

/** Encodes and seals one file; nothing stays behind when that fails. */
async function encodeAside(
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
  source: SoundSource,
  n: number,
  { seed, strength }: UnicalizeSettings,
  targets: Targets,
  temp: TempPlace,
  sisters: readonly Made[],
  ctx: JobContext,
): Promise<Made> {
  const others = sisters.map((sister) => sister.print);
  const figureOf = (print: Print) => nearestFigure(print, printed(source.facts), others, targets);
  const rate = source.audio.sampleRate ?? 44_100;
  const portions = new Portions(ctx);
  const { isAimed } = targets;
  const { done, tried, attempts } = await searchVariant<SoundPlan, Written & { readonly isComplete: boolean }>(
    {
      ...(isAimed ? SOUND_AIMED_LADDER : SOUND_PRESET_LADDER),
      isHalving: isAimed,
      margin: TRIAL_MARGIN,
      confirmations: CONFIRMATIONS,
      draw: (attempt) => drawSound(seed, n, attempt, isAimed ? undefined : strength),
      tryOut: async (plan) => figureOf({ kind: 'audio', sound: await printOf(source.media, ctx.signal, soundChain(plan, rate, 1)) }),
      finish: async ({ plan }, isFinal) => {
        let encodes = 0;
        const { made, isComplete } = await untilGood(LOOKS, targets, isFinal, async (look) => {
          const written = await encodeSound(source, plan, look, n, temp, portions);
          encodes += written.encodes;
          return { ...written, figure: figureOf(printed(written.facts)) };
        });
        return { ...made, encodes, isComplete };
      },
    },
    targets,
    ctx.signal,
  );
  return {
    print: printed(done.facts),
    quality: done.quality,
    variant: {
      n,
      file: done.file,
      parameters: { ...flat(tried.plan), gain: done.gain, dose: done.look.dose, draw: tried.attempt },
      fromSource: distanceOf(printed(source.facts), printed(done.facts)),
      quality: soundQuality(source.facts, done.facts),
      attempts,
    },
  };
}

/** Makes one file at the source's loudness; a plan's equaliser in the share that the look says. */
export async function encodeSound(
  source: SoundSource,
  plan: SoundPlan,
  look: Look,
  n: number,
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
  const chain = soundChain(plan, audio.sampleRate ?? 44_100, look.dose);
  const pass = portions.next();
  let gain = await loudnessGain(media, facts.loudness, chain, partOf(pass, 0, 0.3));
  let written = await encode(chain, gain, partOf(pass, 0.3, 1));
  let encodes = 1;
  // Some encoders turn the sound down themselves (LAME: to 95 %).
  const off = soundQuality(facts, written.facts).loudnessDelta ?? 0;
  if (Math.abs(off) > LOUDNESS_TOLERANCE) {
    gain = Math.round((gain - off) * 1000) / 1000;
    written = await encode(chain, gain, portions.next());
    encodes += 1;
  }
  return { ...written, gain, look, encodes, quality: soundQuality(facts, written.facts).spectral };
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
