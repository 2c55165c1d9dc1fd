import { readFile, writeFile } from 'node:fs/promises';
import { type AudioTrack, encodeMedia, type VideoTrack } from './encode.ts';
import { addMatroskaChapters } from './formats/matroska-chapters.ts';
import { develop, type Picture } from './picture.ts';
import type { Recipe } from './sample.ts';
import { beachAerial } from './scenes/beach-aerial.ts';
import { eveningPortrait } from './scenes/bokeh.ts';
import { cityNight } from './scenes/city-night.ts';
import { alpineLand, auroraLand, duneLand, islandLand, type Land, landPicture } from './scenes/landscapes.ts';
import { seaSunset } from './scenes/sea-sunset.ts';
import { playSurf, playTune, type Sound, speakOver, TUNES } from './sound.ts';
import { speak } from './speech.ts';
import type { Studio } from './studio.ts';

const aac = (sound: Sound, tags?: Readonly<Record<string, string>>): AudioTrack => ({
  encoder: 'aac',
  bitrate: '128k',
  sampleFormat: 'fltp',
  frameSize: 1024,
  sound,
  ...(tags === undefined ? {} : { tags }),
});

interface Shot {
  readonly width: number;
  readonly height: number;
  readonly seconds: number;
  readonly framesPerSecond: number;
  readonly exposure?: number;
  readonly draw: (width: number, height: number, time: number) => Picture;
}

/** A filmed scene: every frame is drawn for its moment, with grain of its own. */
function film(studio: Studio, shot: Shot): Omit<VideoTrack, 'encoder'> {
  const { framesPerSecond, exposure = 0 } = shot;
  const size = studio.size(shot.width, shot.height);
  return {
    ...size,
    framesPerSecond,
    frameCount: Math.round(studio.seconds(shot.seconds) * framesPerSecond),
    frame: (index) => develop(shot.draw(size.width, size.height, index / framesPerSecond), { exposure, grain: 1.6, seed: 100 + index }),
  };
}

const overLand =
  (land: () => Land): Shot['draw'] =>
  (width, height, time) =>
    landPicture(land(), width, height, time);

/** A still of twice the size over which the camera moves slowly closer. */
function zoomOver(make: (width: number, height: number) => Picture): Shot['draw'] {
  let wide: Picture | undefined;
  return (width, height, time) => {
    wide ??= make(Math.round(width * 1.4), Math.round(height * 1.4));
    const zoom = 1.36 - time * 0.05;
    const data = new Float32Array(width * height * 3);
    const left = (wide.width - width * zoom) / 2 + Math.sin(time * 0.9) * width * 0.012;
    const top = (wide.height - height * zoom) / 2;
    for (let y = 0; y < height; y += 1) {
      const sy = Math.min(wide.height - 2, Math.max(0, top + y * zoom));
      const y0 = Math.floor(sy);
      for (let x = 0; x < width; x += 1) {
        const sx = Math.min(wide.width - 2, Math.max(0, left + x * zoom));
        const x0 = Math.floor(sx);
        const at = (y0 * wide.width + x0) * 3;
        const below = at + wide.width * 3;
        for (let c = 0; c < 3; c += 1) {
          const upper = (wide.data[at + c] as number) * (1 - sx + x0) + (wide.data[at + 3 + c] as number) * (sx - x0);
          const lower = (wide.data[below + c] as number) * (1 - sx + x0) + (wide.data[below + 3 + c] as number) * (sx - x0);
          data[(y * width + x) * 3 + c] = upper * (1 - sy + y0) + lower * (sy - y0);
        }
      }
    }
    return { width, height, data };
  };
}

const H264 = { encoder: 'libx264', options: { preset: 'veryfast', crf: '23' } } as const;

const SUBTITLES = [
  ['00:00:00,200', '00:00:01,900', 'The stars come out one by one.'],
  ['00:00:02,000', '00:00:03,800', 'Then the sky begins to move.'],
]
  .map(([start, end, text], i) => `${i + 1}\n${start} --> ${end}\n${text}\n`)
  .join('\n');

export const CLIPS: readonly Recipe[] = [
  {
    name: 'Flight over the lake.mp4',
    format: 'mp4',
    what: 'flight towards mountains, H.264 and AAC, 720p, spoken English: GPS and author',
    make: async (path, studio) => {
      const shot = film(studio, { width: 1280, height: 720, seconds: 3.2, framesPerSecond: 25, draw: overLand(alpineLand) });
      const sound = speakOver(
        playTune(TUNES.calm, studio.seconds(3.2)),
        await speak('Good morning from the lake. Not a breath of wind.', 'en', 165),
        0.3,
      );
      encodeMedia({
        output: path,
        container: 'mp4',
        containerOptions: { movflags: '+faststart' },
        video: { ...H264, ...shot },
        audio: [aac(sound)],
        tags: { title: 'Flight over the lake', artist: 'Lena Brandt', comment: 'First flight of the season', date: '2026-06-21' },
      });
      await studio.tag(path, {
        'UserData:GPSCoordinates': '45.9763 N, 7.6586 E, 1608 m Above Sea Level',
        'XMP-dc:Creator': 'Lena Brandt',
        'QuickTime:CreateDate': '2026:06:21 05:40:00',
      });
    },
  },
  {
    name: 'Evening (vertical).mp4',
    format: 'mp4',
    what: 'portrait clip of a phone: pixels lie on their side, rotation 90 in the header',
    make: async (path, studio) => {
      const upright = studio.size(360, 640);
      const draw = zoomOver(eveningPortrait);
      const shot = film(studio, {
        width: 640,
        height: 360,
        seconds: 3.6,
        framesPerSecond: 30,
        exposure: 0.5,
        draw: (width, height, time) => {
          const picture = draw(upright.width, upright.height, time);
          const data = new Float32Array(width * height * 3);
          for (let y = 0; y < height; y += 1) {
            for (let x = 0; x < width; x += 1) {
              const from = (x * upright.width + (upright.width - 1 - y)) * 3;
              data.set(picture.data.subarray(from, from + 3), (y * width + x) * 3);
            }
          }
          return { width, height, data };
        },
      });
      encodeMedia({
        output: path,
        container: 'mp4',
        video: { ...H264, ...shot },
        audio: [aac(playTune(TUNES.night, studio.seconds(3.6)))],
      });
      await studio.tag(path, {
        'Composite:Rotation': 90,
        'Keys:Make': 'Apple',
        'Keys:Model': 'iPhone 16 Pro',
        'Keys:Software': '18.6',
        'Keys:GPSCoordinates': '41.6458 N, 41.6417 E, 4 m Above Sea Level',
        'Keys:CreationDate': '2026:10:02 19:44:10+04:00',
      });
    },
  },
  {
    name: 'Islands (HEVC).mp4',
    format: 'mp4',
    what: 'drone flight between islands in HEVC: drone make, model and serial',
    make: async (path, studio) => {
      const shot = film(studio, { width: 854, height: 480, seconds: 3.2, framesPerSecond: 25, exposure: -0.4, draw: overLand(islandLand) });
      encodeMedia({
        output: path,
        container: 'mp4',
        video: {
          encoder: 'libx265',
          options: { preset: 'ultrafast', crf: '27', 'x265-params': 'log-level=error' },
          codecTag: 'hvc1',
          ...shot,
        },
        audio: [aac(playTune(TUNES.bright, studio.seconds(3.2)))],
      });
      await studio.tag(path, {
        'UserData:Make': 'DJI',
        'UserData:Model': 'FC8482',
        'XMP-exifEX:SerialNumber': '1581F6Q8D243K00A',
        'UserData:GPSCoordinates': '32.7607 N, 16.9595 W, 118 m Above Sea Level',
      });
    },
  },
  {
    name: 'Dunes at dusk.mov',
    format: 'mov',
    what: 'slow flight over dunes in QuickTime: Apple keys with make, model, place and author',
    make: async (path, studio) => {
      const shot = film(studio, { width: 768, height: 432, seconds: 3.2, framesPerSecond: 24, exposure: -0.1, draw: overLand(duneLand) });
      encodeMedia({ output: path, container: 'mov', video: { ...H264, ...shot }, audio: [aac(playTune(TUNES.folk, studio.seconds(3.2)))] });
      await studio.tag(path, {
        'Keys:Make': 'Apple',
        'Keys:Model': 'iPhone 16 Pro',
        'Keys:Author': 'Yasmin El Idrissi',
        'Keys:GPSCoordinates': '31.0802 N, 4.0134 W, 731 m Above Sea Level',
        'Keys:CreationDate': '2026:02:08 17:52:31+01:00',
      });
    },
  },
  {
    name: 'Northern lights.mkv',
    format: 'mkv',
    what: 'aurora over a fjord: three chapters, English and Russian sound, English subtitles',
    make: async (path, studio) => {
      const shot = film(studio, { width: 640, height: 360, seconds: 4, framesPerSecond: 24, exposure: 0.2, draw: overLand(auroraLand) });
      const bed = playTune(TUNES.night, studio.seconds(4));
      const english = speakOver(bed, await speak('The stars come out one by one. Then the sky begins to move.', 'en', 175), 0.1);
      const russian = speakOver(bed, await speak('Звёзды загораются одна за другой. Потом небо оживает.', 'ru', 175), 0.1);
      encodeMedia({
        output: path,
        container: 'matroska',
        containerOptions: { reserve_index_space: '4096' },
        tags: { title: 'Northern lights', artist: 'Ingrid Solheim', comment: 'Filmed above Tromsø', date_released: '2026-01-30' },
        video: { ...H264, ...shot },
        audio: [aac(english, { language: 'eng', title: 'English' }), aac(russian, { language: 'rus', title: 'Русский' })],
        subtitles: { text: SUBTITLES, tags: { language: 'eng', title: 'English' } },
      });
      const chapters = [
        { startMs: 0, endMs: 1300, title: 'Dusk' },
        { startMs: 1300, endMs: 2600, title: 'First light' },
        { startMs: 2600, endMs: 4000, title: 'The sky moves' },
      ];
      await writeFile(path, addMatroskaChapters(await readFile(path), chapters));
    },
  },
  {
    name: 'Harbour at night.webm',
    format: 'webm',
    what: 'city lights in moving water, VP9 and Opus, title and artist',
    make: async (path, studio) => {
      const shot = film(studio, { width: 640, height: 360, seconds: 3, framesPerSecond: 24, exposure: 0.7, draw: cityNight });
      encodeMedia({
        output: path,
        container: 'webm',
        tags: { title: 'Harbour at night', artist: 'Marcus Tan' },
        video: { encoder: 'libvpx-vp9', bitrate: '1200k', options: { deadline: 'realtime', 'cpu-used': '7', 'row-mt': '1' }, ...shot },
        audio: [
          { encoder: 'libopus', bitrate: '96k', sampleFormat: 'flt', frameSize: 960, sound: playTune(TUNES.night, studio.seconds(3)) },
        ],
      });
    },
  },
  {
    name: 'Старая камера.avi',
    format: 'avi',
    what: 'sunset with waves as an old camera wrote it: MPEG-4 and MP3, names in the INFO list',
    make: async (path, studio) => {
      const shot = film(studio, { width: 640, height: 480, seconds: 3, framesPerSecond: 18, exposure: -0.15, draw: seaSunset });
      encodeMedia({
        output: path,
        container: 'avi',
        tags: { title: 'Sunset', artist: 'Pavel Orlov', comment: 'Batumi, with Anna', copyright: '2026 Pavel Orlov' },
        video: { encoder: 'mpeg4', bitrate: '2500k', ...shot },
        audio: [{ encoder: 'libmp3lame', bitrate: '128k', sampleFormat: 's16p', frameSize: 1152, sound: playSurf(studio.seconds(3), 5) }],
      });
    },
  },
  {
    name: 'Beach from above.mp4',
    format: 'mp4',
    what: 'surf from straight above, square, with surf sound and no metadata of its own',
    make: async (path, studio) => {
      const shot = film(studio, { width: 480, height: 480, seconds: 3, framesPerSecond: 20, exposure: -0.2, draw: beachAerial });
      encodeMedia({ output: path, container: 'mp4', video: { ...H264, ...shot }, audio: [aac(playSurf(studio.seconds(3), 9))] });
    },
  },
];
