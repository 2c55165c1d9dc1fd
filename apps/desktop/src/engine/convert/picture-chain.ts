import type { StreamFacts } from '../binaries/av.ts';
import type { MediaFacts } from './facts.ts';
import type { Size, SizePlan } from './fit-size.ts';

/** Filters that bring a picture as stored into the position in which it is displayed. */
const TURNS: Readonly<Record<number, readonly string[]>> = {
  0: [],
  90: ['transpose=clock'],
  180: ['hflip', 'vflip'],
  270: ['transpose=cclock'],
};

/** Size as displayed with square pixels, and the filters that turn a decoded frame upright. */
export function displayed(facts: { readonly video?: StreamFacts; readonly pixelAspect: number }): {
  readonly size: Size;
  readonly turn: readonly string[];
} {
  const rotation = facts.video?.rotation ?? 0;
  const width = Math.max(2, Math.round((facts.video?.width ?? 2) * facts.pixelAspect));
  const height = facts.video?.height ?? 2;
  const isUpright = rotation === 0 || rotation === 180;
  return { size: isUpright ? { width, height } : { width: height, height: width }, turn: TURNS[rotation] ?? [] };
}

const scaled = ({ width, height }: Size, flags = 'bicubic'): string => `scale=${width}:${height}:flags=${flags}`;

/** Blurring works on a picture of this many pixels on its longer side; blurred, nobody sees the difference, and it costs a tenth. */
const BLUR_SIDE = 320;

/** The picture in the middle of itself, enlarged to fill the frame and blurred. */
function onBlur({ scale, out }: SizePlan): string {
  const shrink = Math.min(1, BLUR_SIDE / Math.max(out.width, out.height));
  const small = {
    width: Math.max(2, Math.round((out.width * shrink) / 2) * 2),
    height: Math.max(2, Math.round((out.height * shrink) / 2) * 2),
  };
  const back = [
    `scale=${small.width}:${small.height}:force_original_aspect_ratio=increase:flags=fast_bilinear`,
    `crop=${small.width}:${small.height}`,
    'gblur=sigma=8',
    'eq=brightness=-0.06',
    scaled(out, 'bilinear'),
    'setsar=1',
  ].join(',');
  return `split=2[back][front];[back]${back}[soft];[front]${scaled(scale)},setsar=1[sharp];[soft][sharp]overlay=(W-w)/2:(H-h)/2`;
}

/** Scaling, cutting and borders. One way in, one way out, whatever is between. */
function shaped(plan: SizePlan, background: string | undefined): string[] {
  const { scale, out, act } = plan;
  const hasBorder = act === 'pad' && (scale.width < out.width || scale.height < out.height);
  if (hasBorder && background === 'blur') return [onBlur(plan)];
  const colour = background === undefined || background === 'blur' ? 'black' : `0x${background.slice(1)}`;
  return [
    scaled(scale),
    ...(act === 'crop' ? [`crop=${out.width}:${out.height}`] : []),
    ...(hasBorder ? [`pad=${out.width}:${out.height}:(ow-iw)/2:(oh-ih)/2:color=${colour}`] : []),
  ];
}

export type ChainWish = {
  readonly plan: SizePlan;
  readonly turn: readonly string[];
  readonly background?: string | undefined;
  /** Frames per second as FFmpeg writes them. */
  readonly rate: string;
  /** A filter that draws onto the finished picture. */
  readonly drawn?: string | undefined;
};

/** The whole picture chain: upright, wanted size, square pixels, steady rate, the pixel format that players expect. */
export function pictureChain({ plan, turn, background, rate, drawn }: ChainWish): string {
  return [...turn, ...shaped(plan, background), 'setsar=1', `fps=${rate}`, ...(drawn ? [drawn] : []), 'format=yuv420p'].join(',');
}

/** The rate that comes out: the source's own, or a lower one when the place allows less. */
export function rateFor(
  facts: Pick<MediaFacts, 'fps' | 'rate'>,
  maxFps: number | undefined,
): { readonly rate: string; readonly fps: number } {
  if (maxFps === undefined || facts.fps <= maxFps + 0.01) return { rate: facts.rate, fps: facts.fps };
  // Every second or third frame stays even in time; any other share would judder.
  const share = Math.ceil(facts.fps / maxFps - 0.001);
  return { rate: `${facts.rate}/${share}`, fps: facts.fps / share };
}
