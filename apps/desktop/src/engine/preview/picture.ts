import { readFile } from 'node:fs/promises';
import { AppError } from '@pingplex/shared/errors';
import type { Sharp } from 'sharp';
import { probeStreams } from '../binaries/av.ts';
import { decodeHeic } from '../binaries/heic.ts';
import { loadSharp, openImage } from '../binaries/images.ts';
import { hasMovie } from '../probe/iso-media.ts';
import type { Sniffed } from '../probe/sniff.ts';
import { withProfile } from './png-profile.ts';
import { rawPreview } from './raw-preview.ts';
import { filmFrame } from './video-frame.ts';

/** EXIF's orientations as a turn clockwise and a mirror after it, for pictures whose own header does not carry one. */
const TURNS: Readonly<Record<number, { readonly mirror: boolean; readonly degrees: number }>> = {
  1: { mirror: false, degrees: 0 },
  2: { mirror: true, degrees: 0 },
  3: { mirror: false, degrees: 180 },
  4: { mirror: true, degrees: 180 },
  5: { mirror: true, degrees: 90 },
  6: { mirror: false, degrees: 90 },
  7: { mirror: true, degrees: 270 },
  8: { mirror: false, degrees: 270 },
};

async function heic(path: string, side: number): Promise<Sharp> {
  const sharp = await loadSharp();
  const bytes = await readFile(path);
  const [{ icc }, picture] = await Promise.all([sharp(bytes).metadata(), decodeHeic(bytes)]);
  const { width, height, data } = picture;
  const raw = sharp(data, { raw: { width, height, channels: 4 }, limitInputPixels: false });
  if (!icc) return raw;
  // Raw pixels can't name their colour space; a small PNG can, and the conversion then happens on the way out.
  const png = await raw
    .resize(side, side, { fit: 'inside', withoutEnlargement: true })
    .removeAlpha()
    .png({ compressionLevel: 0 })
    .toBuffer();
  return sharp(withProfile(png, icc));
}

async function camera(path: string): Promise<Sharp> {
  const sharp = await loadSharp();
  const { bytes, orientation } = await rawPreview(path);
  const picture = sharp(bytes, { failOn: 'none' });
  const own = (await picture.metadata()).orientation;
  if (own && own > 1) return picture.autoOrient();
  const turn = TURNS[orientation] ?? { mirror: false, degrees: 0 };
  const turned = picture.rotate(turn.degrees);
  // In one pipeline the order of turn and mirror would be the library's own.
  return turn.mirror ? sharp(await turned.keepIccProfile().png({ compressionLevel: 0 }).toBuffer()).flop() : turned;
}

async function firstFrame(path: string, sniffed: Sniffed, side: number, signal: AbortSignal): Promise<Sharp> {
  const sharp = await loadSharp();
  const probe = await probeStreams(path, sniffed.format);
  if (!probe.video) throw new AppError('file.damaged', 'no picture inside');
  const { data, width, height } = await filmFrame({ path, format: sniffed.format, stream: probe.video, side, signal });
  return sharp(data, { raw: { width, height, channels: 3 } });
}

/**
 * Opens a picture for showing: upright, first frame only, in a state that sharp turns into true sRGB colours on output.
 * Damaged files give what decodes.
 * @param side longest side that will be needed, in pixels; lets decoders work smaller
 * @throws AppError file.damaged when nothing decodes, engine.unavailable
 */
export async function openForDisplay(path: string, sniffed: Sniffed, side: number, signal: AbortSignal): Promise<Sharp> {
  switch (sniffed.format) {
    case 'heic':
      return heic(path, side);
    case 'raw':
      return camera(path);
    case 'jxl':
      return firstFrame(path, sniffed, side, signal);
    case 'avif': {
      const picture = await openImage(path, { failOn: 'none', pages: 1 });
      const readable = await picture.metadata().then(
        () => true,
        () => false,
      );
      if (readable) return picture.autoOrient();
      if (!(await hasMovie(path))) throw new AppError('file.damaged', 'this AVIF picture does not decode');
      return firstFrame(path, sniffed, side, signal);
    }
    default:
      return (await openImage(path, { failOn: 'none', pages: 1 })).autoOrient();
  }
}
