import type { Options, VideoTrack } from './transcode-job.ts';

/** An encoder that needs a graphics processor: FFmpeg's name, what it makes, whose it is. */
type HardwareEncoder = {
  readonly encoder: string;
  readonly codec: 'h264' | 'hevc';
  readonly family: 'nvenc' | 'qsv' | 'amf' | 'vaapi' | 'videotoolbox';
};
/** What was found out about one on this machine. `reason`: the first error that FFmpeg gave. */
export type ProbedEncoder = HardwareEncoder & { readonly works: boolean; readonly reason?: string };

const FAMILIES: Readonly<Partial<Record<NodeJS.Platform, readonly HardwareEncoder['family'][]>>> = {
  linux: ['nvenc', 'qsv', 'vaapi'],
  win32: ['nvenc', 'qsv', 'amf'],
  darwin: ['videotoolbox'],
};
const CODECS = ['h264', 'hevc'] as const;

/** The encoders that a machine of this kind may have, best first. */
export function hardwareEncoders(platform: NodeJS.Platform = process.platform): HardwareEncoder[] {
  return CODECS.flatMap((codec) => (FAMILIES[platform] ?? []).map((family) => ({ encoder: `${codec}_${family}`, codec, family })));
}

export function familyOf(encoder: string): HardwareEncoder['family'] | undefined {
  return hardwareEncoders('linux')
    .concat(hardwareEncoders('win32'), hardwareEncoders('darwin'))
    .find((one) => one.encoder === encoder)?.family;
}

/** Constant quality in each family's own words (`ffmpeg -h encoder=…`). Their scales run as x264's, 0 (best) to 51. */
function qualityOptions(family: HardwareEncoder['family'], quality: number): Options {
  switch (family) {
    case 'nvenc':
      return { rc: 'vbr', cq: quality, preset: 'p5' };
    case 'qsv':
      return { global_quality: quality, preset: 'medium' };
    case 'amf':
      return { rc: 'cqp', qp_i: quality, qp_p: quality };
    case 'vaapi':
      return { rc_mode: 'CQP', qp: quality };
    case 'videotoolbox':
      return { flags: '+qscale', global_quality: Math.round(118 * Math.max(1, 100 - quality * 1.9)) };
  }
}

/** FFmpeg's filters that bring pictures to where the encoder reads them. */
export function uploadFilter(family: HardwareEncoder['family']): string {
  return family === 'vaapi' ? 'format=nv12,hwupload' : 'format=nv12';
}

/**
 * A track that was meant for libx264, for a hardware encoder.
 * @param track with `crf` among its options; limits of the bit rate stay
 */
export function onHardware(track: VideoTrack, encoder: string): VideoTrack | undefined {
  const family = familyOf(encoder);
  const crf = Number(track.options?.['crf']);
  if (!family || track.encoder !== 'libx264' || !Number.isFinite(crf)) return undefined;
  const { maxrate, bufsize } = track.options ?? {};
  const limit: Options = maxrate === undefined || bufsize === undefined ? {} : { maxrate, bufsize };
  return {
    ...track,
    encoder,
    // Not all of them take B-frames, and none of them gains much by them.
    maxBFrames: 0,
    filter: `${track.filter},${uploadFilter(family)}`,
    options: { ...qualityOptions(family, crf), ...limit },
  };
}
