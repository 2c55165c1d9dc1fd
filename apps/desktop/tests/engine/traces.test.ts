import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MediaFormat } from '@pingplex/shared/domain';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endExifTool, readTagsFull, writeTags } from '../../src/engine/binaries/exiftool.ts';
import { notAllowed } from '../../src/engine/clean/allow-list.ts';
import { runConvert } from '../../src/engine/convert/run-convert.ts';
import { runUnicalize } from '../../src/engine/unicalize/run-unicalize.ts';
import { context, tempFolder } from './helpers/context.ts';
import { askExifTool } from './helpers/exiftool-oracle.ts';
import { addSecrets } from './helpers/media.ts';
import { makeFilm, makeMusic, photo, photoImage } from './helpers/photo.ts';

/** What encoders and muxers write about themselves, and the secrets of the sources. */
const IN_BYTES = /x26[45] - core|cabac=|Lav[cf]\d|LAME3|libvpx|Ada Example|Example Editor|2024:05:06|sealed-by/u;
const IN_TAGS = /Lav[cf]|ffmpeg|x26[45]|LAME|libx|sharp|vips|ImageMagick/iu;
const SETTINGS = { variants: 1, strength: 'light', seed: 3, mirror: false } as const;

let dir = '';
const at = (name: string) => join(dir, name);
beforeAll(async () => {
  dir = await tempFolder();
  makeFilm(at('film.mp4'), 'mp4', 2);
  await writeTags(
    ['-Keys:Author=Ada Example', '-Keys:Software=Example Editor 3', '-QuickTime:CreateDate=2024:05:06 07:08:09'],
    at('film.mp4'),
  );
  makeMusic(at('music.wav'), 'wav', 10);
  const picture = photoImage(photo(320, 240, 4));
  for (const format of ['jpeg', 'png', 'webp', 'avif', 'tiff'] as const) {
    await picture
      .clone()
      .toFormat(format)
      .toFile(at(`photo.${format}`));
    await addSecrets(at(`photo.${format}`));
  }
});
afterAll(endExifTool);

async function expectNoTraces(path: string, format: MediaFormat): Promise<void> {
  expect((await readFile(path)).toString('latin1')).not.toMatch(IN_BYTES);
  expect(notAllowed(await readTagsFull(path), [], format === 'tiff')).toEqual([]);
  const { SourceFile: _, ...tags } = await askExifTool(path);
  const told = Object.entries(tags).filter(([key, value]) => !/^(?:System|ExifTool):/u.test(key) && IN_TAGS.test(String(value)));
  expect(told).toEqual([]);
}

async function converted(source: string, format: MediaFormat, stem: string): Promise<{ path: string; sha256: string }> {
  const settings = { format, fit: 'inside', quality: 70 } as const;
  const { file } = await runConvert({ verb: 'convert', path: source, temp: { dir, stem }, settings }, context());
  return { path: file.tempPath, sha256: file.sha256 };
}

const FILMS = ['mp4', 'mov', 'mkv', 'webm', 'avi'] as const;
const SOUNDS = ['mp3', 'm4a', 'aac', 'flac', 'wav', 'ogg'] as const;

describe('no trace of software or person', () => {
  it.each([...FILMS, ...SOUNDS])('in a file converted to %s, which is the same every time', async (format) => {
    const source = FILMS.some((film) => film === format) ? at('film.mp4') : at('music.wav');
    const first = await converted(source, format, `.pingplex-c1${format}`);
    await expectNoTraces(first.path, format);
    const again = await converted(source, format, `.pingplex-c2${format}`);
    expect(again.sha256).toBe(first.sha256);
  });

  it.each([...FILMS, ...SOUNDS])('in a variant of %s', async (format) => {
    const source = await converted(
      FILMS.some((film) => film === format) ? at('film.mp4') : at('music.wav'),
      format,
      `.pingplex-s${format}`,
    );
    const { variants } = await runUnicalize(
      { path: source.path, temp: { dir, stem: `.pingplex-v${format}` }, settings: SETTINGS },
      context(),
    );
    for (const { file } of variants) await expectNoTraces(file.tempPath, file.format);
  });

  it.each(['jpeg', 'png', 'webp', 'avif', 'tiff'] as const)('in a variant of %s', async (format) => {
    const path = at(`photo.${format}`);
    const { variants } = await runUnicalize({ path, temp: { dir, stem: `.pingplex-p${format}` }, settings: SETTINGS }, context());
    for (const { file } of variants) await expectNoTraces(file.tempPath, file.format);
  });
});
