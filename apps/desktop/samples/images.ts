import { writeFile } from 'node:fs/promises';
import sharp, { type Sharp } from 'sharp';
import { writeDng } from './formats/dng.ts';
import { writeHeic } from './formats/heic.ts';
import { author, CAMERAS, editHistory, exposure, PLACES, press } from './people.ts';
import { develop, developDeep } from './picture.ts';
import type { Recipe } from './sample.ts';
import { beachAerial } from './scenes/beach-aerial.ts';
import { eveningPortrait, poppyMeadow } from './scenes/bokeh.ts';
import { cityNight } from './scenes/city-night.ts';
import { forestFog } from './scenes/forest-fog.ts';
import { alpineLand, auroraLand, duneLand, islandLand, landPicture } from './scenes/landscapes.ts';
import { seaSunset } from './scenes/sea-sunset.ts';
import { SINGLE_ORANGE, stillLife } from './scenes/still-life.ts';
import { openPrint, type Print, type Studio, smallJpeg } from './studio.ts';

export const prints = {
  sunset: (studio: Studio): Print =>
    studio.print('sunset', 2100, 1400, (w, h) => seaSunset(w, h), { exposure: -0.15, saturation: 1.12, seed: 1 }),
  alpine: (studio: Studio): Print => studio.print('alpine', 1440, 1920, (w, h) => landPicture(alpineLand(), w, h, 1.5, 0.4), { seed: 2 }),
  city: (studio: Studio): Print => studio.print('city', 2100, 1400, (w, h) => cityNight(w, h), { exposure: 0.7, grain: 3, seed: 3 }),
  beach: (studio: Studio): Print => studio.print('beach', 1920, 1280, (w, h) => beachAerial(w, h), { exposure: -0.2, seed: 4 }),
  portrait: (studio: Studio): Print =>
    studio.print('portrait', 1280, 1600, (w, h) => eveningPortrait(w, h), { exposure: 0.5, grain: 3, seed: 5 }),
  poppies: (studio: Studio): Print => studio.print('poppies', 1920, 1280, (w, h) => poppyMeadow(w, h), { exposure: -0.3, seed: 6 }),
  forest: (studio: Studio): Print => studio.print('forest', 1800, 1200, (w, h) => forestFog(w, h), { exposure: -0.1, seed: 7 }),
  still: (studio: Studio): Print => studio.print('still', 1360, 1020, (w, h) => stillLife(w, h), { exposure: 0.3, seed: 8 }),
  aurora: (studio: Studio): Print =>
    studio.print('aurora', 1536, 1024, (w, h) => landPicture(auroraLand(), w, h), { exposure: 0.2, grain: 3.4, seed: 9 }),
  islands: (studio: Studio): Print =>
    studio.print('islands', 2016, 1512, (w, h) => landPicture(islandLand(), w, h, 0.4), { exposure: -0.45, seed: 10 }),
} as const;

/** Frames of a short loop, stacked from top to bottom as sharp wants animations. */
async function animation(
  studio: Studio,
  count: number,
  width: number,
  height: number,
  frame: (w: number, h: number, index: number) => Uint8Array,
): Promise<Sharp> {
  const size = studio.size(width, height);
  const frames: Buffer[] = [];
  for (let index = 0; index < count; index += 1) frames.push(Buffer.from(frame(size.width, size.height, index)));
  return sharp(Buffer.concat(frames), { raw: { width: size.width, height: size.height * count, channels: 3, pageHeight: size.height } });
}

const PROMPT = [
  'northern lights over a frozen fjord, snowy peaks, long exposure, mirror reflection, 35mm photograph, highly detailed',
  'Negative prompt: blurry, watermark, text, people',
  'Steps: 32, Sampler: DPM++ 2M Karras, CFG scale: 6.5, Seed: 2748119034, Size: 1536x1024, Model hash: 31e35c80fc, Model: sd_xl_base_1.0, Version: v1.10.1',
].join('\n');

export const IMAGES: readonly Recipe[] = [
  {
    name: 'Закат над Батуми.jpg',
    format: 'jpeg',
    what: 'sunset over the sea: GPS, camera and lens serials, author, embedded thumbnail',
    make: async (path, studio) => {
      const print = prints.sunset(studio);
      await openPrint(print).jpeg({ quality: 90 }).toFile(path);
      await studio.tag(
        path,
        {
          ...CAMERAS.sony,
          ...exposure('2026:08:14 20:31:07', '+04:00', '1/320', 8, 100, 35),
          ...PLACES.batumi,
          ...author('Нино Беридзе', 'nino.beridze@example.com', 'Batumi', 'Georgia'),
          ...press('Нино Беридзе', 'Закат над Батуми', 'Последние минуты солнца над Чёрным морем', ['закат', 'море', 'Батуми']),
        },
        { ThumbnailImage: await smallJpeg(print, 160) },
      );
    },
  },
  {
    name: 'Alpine lake.jpg',
    format: 'jpeg',
    what: 'mountain lake held upright: pixels stored turned, orientation 6, owner name and GPS',
    make: async (path, studio) => {
      await openPrint(prints.alpine(studio)).rotate(270).jpeg({ quality: 88 }).toFile(path);
      await studio.tag(path, {
        ...CAMERAS.canon,
        ...exposure('2026:06:21 07:12:44', '+02:00', '1/200', 9, 100, 18),
        ...PLACES.zermatt,
        'IFD0:Orientation': 'Rotate 90 CW',
        ...author('Lena Brandt', 'lena@brandt-foto.example', 'Zermatt', 'Switzerland'),
      });
    },
  },
  {
    name: 'Night harbour (edited).jpg',
    format: 'jpeg',
    what: 'city lights, progressive JPEG: IPTC caption, edit history, document ids',
    make: async (path, studio) => {
      await openPrint(prints.city(studio)).jpeg({ quality: 88, progressive: true, chromaSubsampling: '4:4:4' }).toFile(path);
      await studio.tag(path, {
        ...CAMERAS.nikon,
        ...exposure('2026:03:02 19:58:30', '+08:00', '8', 11, 64, 42),
        ...PLACES.singapore,
        ...author('Marcus Tan', 'marcus.tan@example.org', 'Singapore', 'Singapore'),
        ...press('Marcus Tan', 'Harbour at night', 'The skyline seen from the water', ['city', 'night', 'skyline']),
        ...editHistory('9f2c1b7a-44d0', ['created', 'converted', 'saved', 'saved']),
      });
    },
  },
  {
    name: 'studio/product still.jpg',
    format: 'jpeg',
    what: 'bottle and oranges on a table: Display P3 profile, in a sub-folder',
    make: async (path, studio) => {
      await openPrint(prints.still(studio)).withIccProfile('p3').jpeg({ quality: 92, chromaSubsampling: '4:4:4' }).toFile(path);
      await studio.tag(path, {
        ...CAMERAS.sony,
        ...exposure('2026:05:11 11:03:19', '+02:00', '1/60', 5.6, 200, 85),
        ...author('Studio Ortega', 'hello@studio-ortega.example', 'Valencia', 'Spain'),
        'XMP-photoshop:Instructions': 'Client: Verde Cosmetics. Not before 1 June.',
      });
    },
  },
  {
    name: 'Poppies.jpg',
    format: 'jpeg',
    what: 'poppy meadow from a phone: GPS with direction, software version, user comment',
    make: async (path, studio) => {
      await openPrint(prints.poppies(studio)).jpeg({ quality: 86 }).toFile(path);
      await studio.tag(path, {
        ...CAMERAS.phone,
        ...exposure('2026:05:30 16:20:55', '+02:00', '1/1250', 1.8, 50, 6.765),
        ...PLACES.zermatt,
        'GPS:GPSImgDirection': 212.4,
        'GPS:GPSImgDirectionRef': 'True North',
        'ExifIFD:UserComment': 'For grandma Ilse',
      });
    },
  },
  {
    name: 'Forest in fog.jpg',
    format: 'jpeg',
    what: 'pines in fog, greyscale with one channel, no metadata at all',
    make: async (path, studio) => {
      await openPrint(prints.forest(studio)).greyscale().toColourspace('b-w').jpeg({ quality: 90 }).toFile(path);
    },
  },
  {
    name: 'Aurora (generated).png',
    format: 'png',
    what: 'northern lights marked as made by AI: generator prompt and digital source type',
    make: async (path, studio) => {
      await openPrint(prints.aurora(studio)).png({ compressionLevel: 6 }).toFile(path);
      await studio.tag(path, {
        'PNG:Parameters': PROMPT,
        'XMP-iptcExt:DigitalSourceType': 'http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia',
        'XMP-xmp:CreatorTool': 'Stable Diffusion XL',
      });
    },
  },
  {
    name: 'Orange cut-out.png',
    format: 'png',
    what: 'one orange on a transparent ground',
    make: async (path, studio) => {
      const size = studio.size(900, 900);
      const alpha = new Uint8Array(size.width * size.height);
      const pixels = develop(stillLife(size.width, size.height, { fruits: SINGLE_ORANGE, hasBottle: false, alpha }), {
        vignette: 0,
        grain: 1,
        seed: 11,
      });
      const mask = await sharp(alpha, { raw: { width: size.width, height: size.height, channels: 1 } })
        .blur(0.8)
        .toColourspace('b-w')
        .raw()
        .toBuffer();
      await openPrint({ ...size, pixels })
        .joinChannel(mask, { raw: { width: size.width, height: size.height, channels: 1 } })
        .png({ compressionLevel: 7 })
        .toFile(path);
      await studio.tag(path, { 'PNG:Author': 'Studio Ortega', 'PNG:Copyright': '© 2026 Studio Ortega', 'XMP-dc:Creator': 'Studio Ortega' });
    },
  },
  {
    name: 'Evening portrait.webp',
    format: 'webp',
    what: 'person against evening lights: author and e-mail in XMP, camera serial in EXIF',
    make: async (path, studio) => {
      await openPrint(prints.portrait(studio)).webp({ quality: 84 }).toFile(path);
      await studio.tag(path, {
        ...CAMERAS.canon,
        ...exposure('2026:10:02 19:44:10', '+02:00', '1/125', 1.4, 1600, 85),
        ...author('Lena Brandt', 'lena@brandt-foto.example', 'Basel', 'Switzerland'),
        'XMP-iptcExt:PersonInImage': ['Mira Holm'],
      });
    },
  },
  {
    name: 'Surf loop.webp',
    format: 'webp',
    what: 'animated: the surf from above',
    make: async (path, studio) => {
      const turn = (Math.PI * 2) / 1.2 / 12;
      const loop = await animation(studio, 12, 480, 320, (w, h, i) => develop(beachAerial(w, h, i * turn), { grain: 0, exposure: -0.2 }));
      await loop.webp({ quality: 72, delay: 100, loop: 0 }).toFile(path);
    },
  },
  {
    name: 'City lights.gif',
    format: 'gif',
    what: 'animated: lights in moving water, with a comment',
    make: async (path, studio) => {
      const loop = await animation(studio, 10, 420, 280, (w, h, i) => develop(cityNight(w, h, i * 0.09), { exposure: 0.8, grain: 0 }));
      await loop.gif({ colours: 128, delay: 90, loop: 0, effort: 3 }).toFile(path);
      await studio.tag(path, { 'GIF:Comment': 'Made by Marcus Tan, marcus.tan@example.org' });
    },
  },
  {
    name: 'Beach from above.avif',
    format: 'avif',
    what: 'umbrellas on the sand from a drone: GPS and drone serial',
    make: async (path, studio) => {
      await openPrint(prints.beach(studio)).avif({ quality: 60, effort: 2 }).toFile(path);
      await studio.tag(path, {
        'IFD0:Make': 'DJI',
        'IFD0:Model': 'FC8482',
        'ExifIFD:SerialNumber': '1581F6Q8D243K00A',
        ...exposure('2026:07:19 12:40:02', '+04:00', '1/800', 2.8, 100, 6.7),
        ...PLACES.batumi,
      });
    },
  },
  {
    name: 'Dunes 16 bit.tif',
    format: 'tiff',
    what: 'desert dunes, 16 bits a channel, deflate: GPS and author',
    make: async (path, studio) => {
      const size = studio.size(1500, 1000);
      const pixels = developDeep(landPicture(duneLand(), size.width, size.height), { exposure: -0.1, grain: 1.2, seed: 12 });
      await sharp(pixels, { raw: { ...size, channels: 3 } })
        .toColourspace('rgb16')
        .tiff({ compression: 'deflate', predictor: 'horizontal' })
        .toFile(path);
      await studio.tag(path, {
        ...CAMERAS.nikon,
        ...exposure('2026:02:08 17:52:31', '+01:00', '1/250', 11, 64, 70),
        ...PLACES.merzouga,
        ...author('Yasmin El Idrissi', 'yasmin@example.net', 'Merzouga', 'Morocco'),
      });
    },
  },
  {
    name: 'scan 1978.tiff',
    format: 'tiff',
    what: 'faded scan, LZW: scanner, names of two people in the description',
    make: async (path, studio) => {
      await openPrint(prints.forest(studio))
        .resize(studio.size(1000, 0).width)
        .tint({ r: 214, g: 178, b: 132 })
        .tiff({ compression: 'lzw', predictor: 'horizontal' })
        .toFile(path);
      await studio.tag(path, {
        'IFD0:Make': 'EPSON',
        'IFD0:Model': 'Perfection V600',
        'IFD0:ImageDescription': 'Walk with Anna and Pavel, autumn 1978',
        'IFD0:XResolution': 600,
        'IFD0:YResolution': 600,
        'IFD0:ModifyDate': '2026:01:17 10:05:00',
      });
    },
  },
  {
    name: 'Islands.heic',
    format: 'heic',
    what: 'green islands, HEVC still as phones write it: GPS and camera',
    make: async (path, studio) => {
      const print = prints.islands(studio);
      await writeFile(path, await writeHeic(print.pixels, print.width, print.height, `${path}.mp4`));
      await studio.tag(path, {
        ...CAMERAS.phone,
        ...exposure('2026:04:25 13:09:48', '+01:00', '1/2200', 1.8, 64, 6.765),
        ...PLACES.madeira,
      });
    },
  },
  {
    name: 'RAW_0417.dng',
    format: 'raw',
    what: 'sunset as a digital negative: sensor mosaic, preview, serial, GPS',
    make: async (path, studio) => {
      const size = studio.size(1200, 800);
      const picture = seaSunset(size.width, size.height, 2.5);
      const preview = await openPrint({ ...size, pixels: develop(picture, { grain: 1.5, seed: 13 }) })
        .jpeg({ quality: 88 })
        .toBuffer();
      await writeFile(path, writeDng(picture, preview, { make: 'Pingplex', model: 'Reference One' }));
      await studio.tag(path, {
        'ExifIFD:SerialNumber': 'PX1-000417',
        'ExifIFD:LensModel': 'Reference 28mm f/2',
        ...exposure('2026:08:14 20:33:41', '+04:00', '1/250', 5.6, 100, 28),
        ...PLACES.batumi,
        'IFD0:Artist': 'Нино Беридзе',
      });
    },
  },
];
