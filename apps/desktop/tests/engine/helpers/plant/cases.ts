import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join as joinPath } from 'node:path';
import { promisify } from 'node:util';
import type { MediaFormat } from '@pingplex/shared/domain';
import { exiftoolPath } from 'exiftool-vendored';
import sharp from 'sharp';
import { writeHeic } from '../../../../samples/formats/heic.ts';
import { transcode } from '../../../../src/engine/binaries/transcode.ts';
import { context } from '../context.ts';
import { corners, HEIGHT, makeMedia, picture, WIDTH } from '../media.ts';
import { join, secret, text } from './bytes.ts';
import { fillMatroska, fillMovie, filmTags, MOVIE_TAGS, refilm, repeatPicture } from './films.ts';
import {
  fillGif,
  fillHeif,
  fillJpeg,
  fillPng,
  fillWebp,
  IPTC_TAGS,
  jxlWith,
  labelled,
  PICTURE_TAGS,
  seedJpeg,
  TIFF_TAGS,
  tiffTrailer,
} from './pictures.ts';
import { fillAvi, fillFlac, fillFrames, fillWav, flacPicture } from './sounds.ts';

/** A file that carries everything its format can hold. */
export type Planted = {
  readonly name: string;
  readonly format: MediaFormat;
  readonly isAnimated?: boolean;
  readonly path: string;
  /** What was planted, for people. */
  readonly what: string;
};

type Edit = { readonly path: string; readonly args: readonly string[] };

/** Lets one ExifTool process do all writing. */
async function tagAll(dir: string, edits: readonly Edit[]): Promise<void> {
  const lines = edits.flatMap(({ path, args }) => [...args, '-m', '-q', '-overwrite_original', path, '-execute']);
  const list = joinPath(dir, 'edits.args');
  await writeFile(list, `${lines.join('\n')}\n`);
  await promisify(execFile)(await exiftoolPath(), ['-@', list], { maxBuffer: 1 << 24 });
}

const EXIF = 'EXIF with place, maker note, serials and thumbnail';
const XMP = 'XMP with history, people and an AI mark';

async function rewrite(path: string, change: (bytes: Buffer) => Buffer): Promise<void> {
  await writeFile(path, change(await readFile(path)));
}

async function pictures(dir: string, made: Awaited<ReturnType<typeof makeMedia>>, thumb: Buffer): Promise<Planted[]> {
  const at = (name: string) => joinPath(dir, name);
  const still = picture().withIccProfile('p3');
  const frames = Buffer.concat([0, 1, 2, 3].map((n) => marked(n)));
  const moving = sharp(frames, { raw: { width: WIDTH, height: HEIGHT * 4, channels: 3, pageHeight: HEIGHT } });
  const seed = at('seed.jpg');
  await Promise.all([
    still.clone().jpeg({ quality: 92 }).toFile(at('all.jpg')),
    still.clone().png().toFile(at('all.png')),
    still.clone().webp().toFile(at('all.webp')),
    still.clone().avif({ quality: 70 }).toFile(at('all.avif')),
    still.clone().tiff({ compression: 'lzw' }).toFile(at('all.tif')),
    moving
      .clone()
      .webp({ delay: [100, 100, 100, 100] })
      .toFile(at('moving.webp')),
    moving
      .clone()
      .gif({ delay: [100, 100, 100, 100] })
      .toFile(at('all.gif')),
    writeHeic(corners(), WIDTH, HEIGHT, at('scratch.mp4')).then((bytes) => writeFile(at('all.heic'), bytes)),
    writeFile(at('thumb.jpg'), labelled(thumb, 'thumbnail')),
    writeFile(seed, seedJpeg(thumb)),
    transcode(
      {
        input: made.gif,
        inputFormat: 'gif',
        output: at('moving.png'),
        container: 'apng',
        video: { filter: 'format=rgb24', encoder: 'apng' },
      },
      context(),
    ),
    transcode(
      {
        input: made.png,
        inputFormat: 'png',
        output: at('bare.jxl'),
        container: 'image2',
        containerOptions: { update: '1' },
        video: { filter: 'format=rgb24', encoder: 'libjxl' },
      },
      context(),
    ),
  ]);
  await rewrite(at('all.jpg'), seedJpeg);
  repeatPicture(at('all.avif'), at('moving.avif'), 'avif', 4);
  await writeFile(at('all.jxl'), jxlWith(await readFile(at('bare.jxl'))));
  const copied = ['-tagsFromFile', seed, '-MakerNotes'];
  const all = [...PICTURE_TAGS, '-IFD0:Orientation#=6'];
  const thumbnail = `-ThumbnailImage<=${at('thumb.jpg')}`;
  await tagAll(dir, [
    { path: at('all.jpg'), args: [...all, ...IPTC_TAGS, thumbnail, `-PhotoshopThumbnail<=${at('thumb.jpg')}`] },
    { path: at('all.png'), args: [...copied, ...all, ...IPTC_TAGS, thumbnail] },
    { path: at('moving.png'), args: all },
    { path: at('all.webp'), args: [...copied, ...all, thumbnail] },
    { path: at('moving.webp'), args: all },
    { path: at('all.gif'), args: [`-XMP-dc:Creator=${secret('gif-xmp')}`] },
    { path: at('all.heic'), args: [...copied, ...all, thumbnail] },
    { path: at('all.avif'), args: [...copied, ...all, thumbnail] },
    { path: at('all.tif'), args: [...copied, ...all, ...IPTC_TAGS, ...TIFF_TAGS] },
    { path: at('all.jxl'), args: [`-XMP-dc:Creator=${secret('jxl-xmp')}`, `-IFD0:Artist=${secret('jxl-exif')}`] },
  ]);
  await rewrite(at('all.jpg'), (bytes) => fillJpeg(bytes, labelled(thumb, 'second-picture')));
  await rewrite(at('all.png'), fillPng);
  await rewrite(at('moving.png'), fillPng);
  await rewrite(at('all.webp'), fillWebp);
  await rewrite(at('moving.webp'), fillWebp);
  await rewrite(at('all.gif'), fillGif);
  await rewrite(at('all.heic'), fillHeif);
  await rewrite(at('all.avif'), fillHeif);
  await rewrite(at('moving.avif'), fillHeif);
  await rewrite(at('all.tif'), tiffTrailer);
  const boxes = 'C2PA and XMP in boxes of their own, filled `free` and unreferenced data';
  return [
    {
      name: 'JPEG',
      format: 'jpeg',
      path: at('all.jpg'),
      what: `${EXIF}; ${XMP}, extended XMP; IPTC; Photoshop; C2PA; comment; second picture (MPF); four private segments; trailer`,
    },
    {
      name: 'PNG',
      format: 'png',
      path: at('all.png'),
      what: `${EXIF}; ${XMP}; IPTC; tEXt, zTXt, iTXt; prompt; tIME; C2PA; private chunks; trailer`,
    },
    {
      name: 'PNG, animated',
      format: 'png',
      path: at('moving.png'),
      what: `EXIF; ${XMP}; text in all forms; tIME; C2PA; private chunks; trailer`,
    },
    { name: 'WebP', format: 'webp', path: at('all.webp'), what: `${EXIF}; ${XMP}; C2PA; private chunk; trailer` },
    {
      name: 'WebP, animated',
      format: 'webp',
      path: at('moving.webp'),
      what: `EXIF; ${XMP}; C2PA; private chunks, one inside a frame; trailer`,
    },
    { name: 'GIF', format: 'gif', path: at('all.gif'), what: 'comment; XMP; C2PA; IPTC; private application data; trailer' },
    { name: 'HEIC', format: 'heic', path: at('all.heic'), what: `${EXIF}; ${XMP}; ${boxes}` },
    { name: 'AVIF', format: 'avif', path: at('all.avif'), what: `${EXIF}; ${XMP}; ${boxes}` },
    { name: 'AVIF, animated', format: 'avif', isAnimated: true, path: at('moving.avif'), what: boxes },
    { name: 'TIFF', format: 'tiff', path: at('all.tif'), what: `${EXIF}; ${XMP}; IPTC; Photoshop; private fields; trailer` },
    { name: 'JPEG XL', format: 'jxl', path: at('all.jxl'), what: 'EXIF with maker note; XMP, plain and compressed; C2PA; private box' },
  ];
}

function marked(n: number): Buffer {
  const data = corners();
  for (let y = 28; y < 36; y += 1) data.fill(0, (y * WIDTH + 8 + n * 4) * 3, (y * WIDTH + 12 + n * 4) * 3);
  return data;
}

async function films(dir: string, made: Awaited<ReturnType<typeof makeMedia>>, thumb: Buffer): Promise<Planted[]> {
  const at = (name: string) => joinPath(dir, name);
  const video = (encoder: string) => ({ filter: 'fps=10,format=yuv420p', encoder, options: { threads: 1 } });
  const hevc = at('hevc-base.mp4');
  await transcode({ input: made.gif, inputFormat: 'gif', output: hevc, container: 'mp4', video: video('libx265') }, context());
  const lavish = { options: { reserve_index_space: '60000' }, tags: filmTags('mkv'), streamTags: filmTags('mkv-stream') };
  refilm({ input: made.mp4, output: at('all.mp4'), container: 'mp4', codec: 'h264' });
  refilm({ input: hevc, output: at('hevc.mp4'), container: 'mp4', codec: 'hevc' });
  refilm({ input: made.mp4, output: at('all.mov'), container: 'mov', codec: 'h264' });
  refilm({ input: made.m4a, output: at('all.m4a'), container: 'ipod' });
  refilm({ input: made.mp4, output: at('all.mkv'), container: 'matroska', codec: 'h264', ...lavish });
  refilm({ input: made.webm, output: at('all.webm'), container: 'webm', ...lavish });
  refilm({ input: made.avi, output: at('all.avi'), container: 'avi', tags: filmTags('avi') });
  refilm({ input: made.mp4, output: at('h264.avi'), container: 'avi', codec: 'h264' });
  const cover = `-ItemList:CoverArt<=${at('thumb.jpg')}`;
  await tagAll(
    dir,
    ['all.mp4', 'hevc.mp4', 'all.mov', 'all.m4a'].map((name) => ({ path: at(name), args: [...MOVIE_TAGS, cover] })),
  );
  for (const name of ['all.mp4', 'hevc.mp4', 'all.mov', 'all.m4a']) await rewrite(at(name), fillMovie);
  for (const name of ['all.mkv', 'all.webm']) await rewrite(at(name), (bytes) => fillMatroska(bytes, thumb));
  for (const name of ['all.avi', 'h264.avi']) await rewrite(at(name), fillAvi);
  const movie =
    'Apple keys, iTunes list with cover, user data, XMP, C2PA; dates; timed places (CAMM) and a private track; names of tracks, handlers, compressor; chapters; filled `free`; trailer';
  const mkv = 'tags of file and streams; attachment; chapters; title; date; filled Void; trailer';
  const avi = 'INFO list; XMP; C2PA; date; reel, model and stream names; filled JUNK; trailer';
  return [
    { name: 'MP4, H.264', format: 'mp4', path: at('all.mp4'), what: `${movie}; user data between pictures (SEI)` },
    { name: 'MP4, H.265', format: 'mp4', path: at('hevc.mp4'), what: `${movie}; user data between pictures (SEI)` },
    { name: 'MOV', format: 'mov', path: at('all.mov'), what: `${movie}; user data between pictures (SEI)` },
    { name: 'M4A', format: 'm4a', path: at('all.m4a'), what: movie },
    { name: 'MKV', format: 'mkv', path: at('all.mkv'), what: `${mkv}; user data between pictures (SEI)` },
    { name: 'WebM', format: 'webm', path: at('all.webm'), what: mkv },
    { name: 'AVI, MPEG-4', format: 'avi', path: at('all.avi'), what: avi },
    { name: 'AVI, H.264', format: 'avi', path: at('h264.avi'), what: `${avi}; user data between pictures (SEI)` },
  ];
}

async function sounds(dir: string, made: Awaited<ReturnType<typeof makeMedia>>, thumb: Buffer): Promise<Planted[]> {
  const at = (name: string) => joinPath(dir, name);
  const plain = async (path: string) => {
    const bytes = await readFile(path);
    const tag = bytes.toString('latin1', 0, 3) === 'ID3' ? 10 + ((bytes[7] ?? 0) << 14) + ((bytes[8] ?? 0) << 7) + (bytes[9] ?? 0) : 0;
    return bytes.subarray(tag);
  };
  await writeFile(at('all.mp3'), fillFrames(await plain(made.mp3), thumb));
  await writeFile(at('all.aac'), fillFrames(await plain(made.aac), thumb));
  await writeFile(at('all.flac'), fillFlac(await readFile(made.flac), thumb));
  await writeFile(at('all.wav'), fillWav(await readFile(made.wav), thumb));
  for (const [name, encoder] of [
    ['vorbis.ogg', 'libvorbis'],
    ['flac.ogg', 'flac'],
  ] as const) {
    await transcode(
      { input: made.wav, inputFormat: 'wav', output: at(`base-${name}`), container: 'ogg', audio: { filter: '', encoder } },
      context(),
    );
  }
  const tags = {
    ...filmTags('ogg'),
    METADATA_BLOCK_PICTURE: flacPicture(thumb, 'ogg-cover').toString('base64'),
    CHAPTER001: '00:00:00.000',
    CHAPTER001NAME: secret('ogg-chapter'),
  };
  for (const [input, name] of [
    [made.ogg, 'opus.ogg'],
    [at('base-vorbis.ogg'), 'vorbis.ogg'],
    [at('base-flac.ogg'), 'flac.ogg'],
  ] as const) {
    refilm({ input, output: at(name), container: 'ogg', streamTags: tags, tags });
    await rewrite(at(name), (bytes) => join(bytes, text(secret('trailer'))));
  }
  const frames = 'ID3v2.3 and 2.4 with cover, lyrics, chapter, XMP, C2PA; ID3v1 with extension; APEv2; Lyrics3; text behind the last frame';
  const ogg = 'comments, cover, chapter, vendor; trailer';
  return [
    { name: 'MP3', format: 'mp3', path: at('all.mp3'), what: frames },
    { name: 'AAC (ADTS)', format: 'aac', path: at('all.aac'), what: frames },
    {
      name: 'FLAC',
      format: 'flac',
      path: at('all.flac'),
      what: 'comments, cover, application, cue sheet, reserved block, filled padding; ID3v2, APEv2, ID3v1; trailer',
    },
    {
      name: 'WAV',
      format: 'wav',
      path: at('all.wav'),
      what: 'INFO, bext, iXML, ID3, XMP, cart, axml, cue labels, C2PA, private chunks; trailer',
    },
    { name: 'OGG, Opus', format: 'ogg', path: at('opus.ogg'), what: ogg },
    { name: 'OGG, Vorbis', format: 'ogg', path: at('vorbis.ogg'), what: ogg },
    { name: 'OGG, FLAC', format: 'ogg', path: at('flac.ogg'), what: ogg },
  ];
}

/** Makes one file of every kind that can be cleaned, filled with everything the format can hold. */
export async function plantAll(dir: string): Promise<Planted[]> {
  const made = await makeMedia(dir);
  const thumb = await sharp(corners(16, 16), { raw: { width: 16, height: 16, channels: 3 } })
    .jpeg()
    .toBuffer();
  const all = [...(await pictures(dir, made, thumb)), ...(await films(dir, made, thumb)), ...(await sounds(dir, made, thumb))];
  return all;
}
