import { readFile, writeFile } from 'node:fs/promises';
import { type AudioTrack, encodeMedia } from './encode.ts';
import { addFlacPicture, pictureBlock } from './formats/flac-picture.ts';
import { id3Tag } from './formats/id3.ts';
import { prints } from './images.ts';
import type { Recipe } from './sample.ts';
import { playTune, type Sound, speakOver, TUNES } from './sound.ts';
import { speak } from './speech.ts';
import { type Print, type Studio, smallJpeg } from './studio.ts';

type Coding = Omit<AudioTrack, 'sound'>;
const MP3: Coding = { encoder: 'libmp3lame', bitrate: '160k', sampleFormat: 's16p', frameSize: 1152 };
const AAC: Coding = { encoder: 'aac', bitrate: '128k', sampleFormat: 'fltp', frameSize: 1024 };
const FLAC: Coding = { encoder: 'flac', sampleFormat: 's16', frameSize: 4608, rate: 44_100 };
const PCM: Coding = { encoder: 'pcm_s16le', sampleFormat: 's16', frameSize: 4096 };
const OPUS: Coding = { encoder: 'libopus', bitrate: '64k', sampleFormat: 'flt', frameSize: 960 };
const VORBIS: Coding = { encoder: 'libvorbis', bitrate: '128k', sampleFormat: 'fltp', frameSize: 64 };

const COVER_EDGE = 600;
const cover = (print: Print): Promise<Buffer> => smallJpeg(print, COVER_EDGE, true);
const tune = (studio: Studio, name: keyof typeof TUNES, seconds: number): Sound => playTune(TUNES[name], studio.seconds(seconds));

export const TRACKS: readonly Recipe[] = [
  {
    name: 'Morning Lake.mp3',
    format: 'mp3',
    what: 'music with ID3 tags: cover art, lyrics, comment, encoder of a person',
    make: async (path, studio) => {
      encodeMedia({
        output: path,
        container: 'mp3',
        containerOptions: { id3v2_version: '0' },
        audio: [{ ...MP3, sound: tune(studio, 'calm', 12) }],
      });
      const tag = id3Tag({
        text: {
          TIT2: 'Morning Lake',
          TPE1: 'The Quiet Cartographers',
          TALB: 'Contour Lines',
          TDRC: '2026',
          TRCK: '3/9',
          TCON: 'Ambient',
          TCOM: 'Jonas Vik',
          TENC: 'Jonas Vik',
          TCOP: '2026 Jonas Vik',
        },
        comment: 'Rough mix, do not share. jonas@quiet-cartographers.example',
        lyrics: 'No words, only water.',
        web: 'https://quiet-cartographers.example',
        cover: await cover(prints.poppies(studio)),
      });
      await writeFile(path, Buffer.concat([tag, await readFile(path)]));
    },
  },
  {
    name: 'Podcast 12 - Light.mp3',
    format: 'mp3',
    what: 'speech over music with ID3 chapters',
    make: async (path, studio) => {
      const voice = await speak(
        'Welcome back. Today we talk about light: how it falls, how it bends, and why the evening is kind to every face.',
        'en',
      );
      encodeMedia({
        output: path,
        container: 'mp3',
        containerOptions: { id3v2_version: '0' },
        audio: [{ ...MP3, bitrate: '96k', sound: speakOver(tune(studio, 'folk', 9), voice, 0.8) }],
      });
      const tag = id3Tag({
        text: { TIT2: 'Light', TPE1: 'Mira Holm', TALB: 'Seen and Heard', TRCK: '12', TCON: 'Podcast', TDRC: '2026-09-14' },
        chapters: [
          { startMs: 0, endMs: 2500, title: 'Welcome' },
          { startMs: 2500, endMs: 9000, title: 'The evening' },
        ],
      });
      await writeFile(path, Buffer.concat([tag, await readFile(path)]));
    },
  },
  {
    name: 'Harbour Lights.m4a',
    format: 'm4a',
    what: 'music in AAC with iTunes tags, cover art and the e-mail of the buyer',
    make: async (path, studio) => {
      encodeMedia({
        output: path,
        container: 'ipod',
        audio: [{ ...AAC, sound: tune(studio, 'bright', 10) }],
        tags: {
          title: 'Harbour Lights',
          artist: 'The Quiet Cartographers',
          album: 'Contour Lines',
          date: '2026',
          genre: 'Electronic',
          composer: 'Jonas Vik',
        },
      });
      await studio.tag(
        path,
        { 'ItemList:AppleStoreAccount': 'marcus.tan@example.org' },
        { 'ItemList:CoverArt': await cover(prints.city(studio)) },
      );
    },
  },
  {
    name: 'voice note.aac',
    format: 'aac',
    what: 'spoken Russian, raw AAC without tags',
    make: async (path) => {
      const sound = await speak('Привет! Я на набережной, сейчас начнётся закат. Приходите скорее.', 'ru', 150);
      encodeMedia({ output: path, container: 'adts', audio: [{ ...AAC, bitrate: '80k', sound }] });
    },
  },
  {
    name: 'Contour Lines.flac',
    format: 'flac',
    what: 'lossless music, 44.1 kHz: Vorbis comments and picture',
    make: async (path, studio) => {
      encodeMedia({
        output: path,
        container: 'flac',
        audio: [{ ...FLAC, sound: tune(studio, 'folk', 8) }],
        tags: {
          title: 'Contour Lines',
          artist: 'The Quiet Cartographers',
          album: 'Contour Lines',
          date: '2026',
          track: '1',
          composer: 'Jonas Vik',
          contact: 'jonas@quiet-cartographers.example',
          isrc: 'NOX052600412',
        },
      });
      const jpeg = await cover(prints.alpine(studio));
      await writeFile(path, addFlacPicture(await readFile(path), pictureBlock(jpeg, COVER_EDGE, COVER_EDGE)));
    },
  },
  {
    name: 'Interview 04 (raw).wav',
    format: 'wav',
    what: 'field recording: INFO list and broadcast chunk with names, place and recorder',
    make: async (path, studio) => {
      const voice = await speak('Recording four. Ingrid Solheim, on the pier, wind from the north.', 'en');
      encodeMedia({
        output: path,
        container: 'wav',
        containerOptions: { write_bext: '1' },
        audio: [{ ...PCM, sound: studio.scale < 0.5 ? voice.subarray(0, 96_000) : voice }],
        tags: {
          title: 'Interview 04',
          artist: 'Ingrid Solheim',
          comment: 'On the pier in Tromsø',
          copyright: '2026 Mira Holm',
          description: 'Interview with Ingrid Solheim',
          originator: 'Zoom F3',
          originator_reference: 'SN 00412877',
          origination_date: '2026-01-29',
          origination_time: '15:02:11',
        },
      });
    },
  },
  {
    name: 'Night Walk.ogg',
    format: 'ogg',
    what: 'music in Vorbis with comments and a picture',
    make: async (path, studio) => {
      const picture = pictureBlock(await smallJpeg(prints.portrait(studio), 300, true), 300, 300);
      encodeMedia({
        output: path,
        container: 'ogg',
        audio: [
          {
            ...VORBIS,
            sound: tune(studio, 'night', 8),
            tags: {
              title: 'Night Walk',
              artist: 'Mira Holm',
              date: '2026',
              license: 'CC BY 4.0',
              METADATA_BLOCK_PICTURE: picture.toString('base64'),
            },
          },
        ],
      });
    },
  },
  {
    name: 'Голосовое сообщение.opus',
    format: 'ogg',
    what: 'spoken Russian and English in Opus, as messengers send it, with the name of the sender',
    make: async (path) => {
      const first = await speak('Мира, послушай, какая тишина.', 'ru', 145);
      const second = await speak('Call me back when you are home.', 'en', 150);
      const sound: Sound = new Float32Array(first.length + second.length);
      sound.set(first);
      sound.set(second, first.length);
      encodeMedia({
        output: path,
        container: 'opus',
        audio: [{ ...OPUS, bitrate: '32k', sound, tags: { artist: 'Нино Беридзе', title: 'Голосовое сообщение' } }],
      });
    },
  },
];
