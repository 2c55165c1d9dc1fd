import { copyFile, readFile, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import type { ContentCredentials, InspectOutcome } from '@pingplex/shared/contracts/engine';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endExifTool, writeTags } from '../../src/engine/binaries/exiftool.ts';
import { byFile, media } from './helpers/cli.ts';
import { sharedMedia, tempFolder } from './helpers/context.ts';
import { filmWithKey, pngWithTexts, xmp } from './helpers/marks.ts';
import { type MadeMedia, makeMedia, picture } from './helpers/media.ts';
import { fillMovie } from './helpers/plant/films.ts';

let dir: string;
let made: MadeMedia;

beforeAll(async () => {
  dir = await tempFolder();
  made = await makeMedia(dir);
});
afterAll(endExifTool);

type Answer = Pick<InspectOutcome, 'generation' | 'credentials' | 'privacy'>;

async function inspect(...names: readonly string[]): Promise<ReadonlyMap<string, Answer>> {
  const result = await media(['inspect', ...names], dir);
  expect(result.code, result.stderr).toBe(0);
  return byFile(result) as unknown as ReadonlyMap<string, Answer>;
}

const flags = (answer: Answer | undefined) => answer?.privacy.map(({ code }) => code) ?? [];

/** `prompt` as ComfyUI writes it: the sampler's positive text goes through a node that joins two. */
const COMFY = {
  3: {
    class_type: 'KSampler',
    inputs: { seed: 7, steps: 20, sampler_name: 'euler', positive: ['6', 0], negative: ['8', 0], model: ['4', 0] },
  },
  4: { class_type: 'CheckpointLoaderSimple', inputs: { ckpt_name: 'sd_xl_base_1.0.safetensors' } },
  6: { class_type: 'CLIPTextEncode', inputs: { text: ['7', 0], clip: ['4', 1] } },
  7: { class_type: 'StringConcatenate', inputs: { string_a: 'a lighthouse', string_b: 'at night', delimiter: ['3', 0] } },
  8: { class_type: 'CLIPTextEncode', inputs: { text: 'blurry', clip: ['4', 1] } },
};
const WEB_UI =
  'a castle, on a hill\nNegative prompt: people, cars\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 42, Lora hashes: "a: 1, b: 2"';

const GENERATED: Readonly<
  Record<string, { texts: Record<string, string>; tool: string; prompts: string[]; negative: string[]; setting: [string, string] }>
> = {
  'webui.png': {
    texts: { parameters: WEB_UI },
    tool: 'Stable Diffusion web UI',
    prompts: ['a castle, on a hill'],
    negative: ['people, cars'],
    setting: ['Lora hashes', '"a: 1, b: 2"'],
  },
  'comfy.png': {
    texts: { prompt: JSON.stringify(COMFY), workflow: JSON.stringify({ nodes: [], links: [] }) },
    tool: 'ComfyUI',
    prompts: ['a lighthouse', 'at night'],
    negative: ['blurry'],
    setting: ['ckpt_name', 'sd_xl_base_1.0.safetensors'],
  },
  'invoke3.png': {
    texts: {
      invokeai_metadata: JSON.stringify({
        positive_prompt: 'a red boat',
        negative_prompt: 'fog',
        seed: 5,
        model: { name: 'dreamshaper-8' },
      }),
    },
    tool: 'InvokeAI',
    prompts: ['a red boat'],
    negative: ['fog'],
    setting: ['model', 'dreamshaper-8'],
  },
  'invoke2.png': {
    texts: {
      'sd-metadata': JSON.stringify({ model_weights: 'sd-1.5', image: { prompt: [{ prompt: 'an old mill', weight: 1 }], steps: 30 } }),
    },
    tool: 'InvokeAI',
    prompts: ['an old mill'],
    negative: [],
    setting: ['steps', '30'],
  },
  'dream.png': {
    texts: { Dream: '"two cats" -s 50 -S 1234 -C7.5' },
    tool: 'InvokeAI',
    prompts: ['two cats'],
    negative: [],
    setting: ['S', '1234'],
  },
  'novel.png': {
    texts: {
      Title: 'AI generated image',
      Software: 'NovelAI',
      Description: 'silver hair, garden',
      Comment: JSON.stringify({ steps: 28, seed: 99, uc: 'lowres' }),
    },
    tool: 'NovelAI',
    prompts: ['silver hair, garden'],
    negative: ['lowres'],
    setting: ['seed', '99'],
  },
  'midjourney.png': {
    texts: { Description: 'a quiet harbour --ar 3:2 --v 6.1 Job ID: 01234567-89ab-cdef-0123-456789abcdef' },
    tool: 'Midjourney',
    prompts: ['a quiet harbour'],
    negative: [],
    setting: ['ar', '3:2'],
  },
};

describe('row 23: marks of AI generation', () => {
  it('row 23: prompts and settings are read from what each generator writes', async () => {
    for (const [name, { texts }] of Object.entries(GENERATED)) await writeFile(join(dir, name), await pngWithTexts(texts));
    await picture().jpeg().toFile(join(dir, 'webui.jpg'));
    await writeTags([`-ExifIFD:UserComment=${WEB_UI.replaceAll('\n', '&#xa;')}`, '-E'], join(dir, 'webui.jpg'));
    const answers = await inspect(...Object.keys(GENERATED), 'webui.jpg');
    for (const [name, { tool, prompts, negative, setting }] of Object.entries(GENERATED)) {
      const answer = answers.get(name);
      expect(answer?.generation, name).toEqual([
        expect.objectContaining({ tool, prompts, negative, settings: expect.arrayContaining([{ name: setting[0], value: setting[1] }]) }),
      ]);
      expect(flags(answer), name).toContain('aiPrompt');
    }
    expect(answers.get('webui.jpg')?.generation).toEqual([
      expect.objectContaining({ tool: 'Stable Diffusion web UI', prompts: ['a castle, on a hill'], tags: ['ExifIFD:UserComment'] }),
    ]);
    expect(flags(answers.get('webui.jpg'))).toContain('aiPrompt');
  });

  it('row 23: texts that only look like prompts hold nothing up and break nothing', async () => {
    const hostile = {
      'blanks.png': { Description: `x${' '.repeat(60_000)}y` },
      'options.png': { Description: `x${' --ar'.repeat(10_000)} --v 6` },
      'steps.png': { parameters: `${'Steps: 1, '.repeat(5000)}\nSteps: 2, ${'a'.repeat(5000)}: ${'b'.repeat(50_000)}` },
      'names.png': { Comment: JSON.stringify({ uc: 'u', steps: 1, prompt: 'p', ['n'.repeat(5000)]: 'v'.repeat(5000) }) },
      'loop.png': {
        prompt: JSON.stringify(
          Object.fromEntries(
            Array.from({ length: 300 }, (_, n) => [n, { class_type: 'KSampler', inputs: { positive: [String((n + 1) % 300), 0] } }]),
          ),
        ),
      },
      'wrong.png': { prompt: '{"1":{"class_type":"K","inputs":[]},"2":null}', invokeai_metadata: '[1,2]', 'sd-metadata': '{"image":7}' },
    };
    for (const [name, texts] of Object.entries(hostile)) await writeFile(join(dir, name), await pngWithTexts(texts));
    const answers = await inspect(...Object.keys(hostile));
    expect(answers.size).toBe(Object.keys(hostile).length);
    expect(answers.get('names.png')?.generation).toEqual([expect.objectContaining({ tool: 'NovelAI', prompts: ['p'] })]);
  });

  it('row 23: the marks of IPTC and of the Chinese standard count as AI marks, in pictures and films', async () => {
    const label = JSON.stringify({ Label: '1', ContentProducer: '001191310000', ProduceID: 'abc' });
    await writeFile(
      join(dir, 'aigc.png'),
      await pngWithTexts({ 'XML:com.adobe.xmp': xmp('http://www.tc260.org.cn/ns/AIGC/1.0/', 'AIGC', label) }),
    );
    await writeFile(join(dir, 'aigc.mp4'), filmWithKey(await readFile(made.mp4), 'AIGC', label));
    await copyFile(made.jpeg, join(dir, 'iptc.jpg'));
    await writeTags(
      ['-XMP-iptcExt:DigitalSourceType=http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia'],
      join(dir, 'iptc.jpg'),
    );
    await copyFile(made.jpeg, join(dir, 'plain.jpg'));
    const answers = await inspect('aigc.png', 'aigc.mp4', 'iptc.jpg', 'plain.jpg');
    for (const name of ['aigc.png', 'aigc.mp4', 'iptc.jpg']) expect(flags(answers.get(name)), name).toContain('aiGenerated');
    expect(flags(answers.get('plain.jpg'))).not.toContain('aiGenerated');
    expect(answers.get('plain.jpg')?.generation).toBeUndefined();
  });
});

describe('row 23: places inside a film', () => {
  it('row 23: positions that a film carries second by second are found and flagged', async () => {
    await writeFile(join(dir, 'drive.mp4'), fillMovie(await readFile(made.mp4)));
    const answer = (await inspect('drive.mp4')).get('drive.mp4') as (Answer & { tags: Record<string, string> }) | undefined;
    const positions = Object.entries(answer?.tags ?? {}).filter(([key]) => /^Track\d+:(Copy\d+:)?GPSLatitude$/.test(key));
    expect(positions.map(([, value]) => value)).toContain(`48 deg 51' 30.24" N`);
    expect(flags(answer)).toContain('gps');
  });
});

describe('row 30: Content Credentials', () => {
  const signed = (name: string) => sharedMedia().find((path) => path.endsWith(`/c2pa-rs/${name}`)) ?? '';
  const hasSigned = signed('CA.jpg') !== '';

  it.runIf(hasSigned)('row 30: who, what and when, and whether it still holds', async () => {
    const film = await readFile(signed('video1.mp4'));
    const photo = await readFile(signed('CA.jpg'));
    // One bit of the picture, one of the sound or picture data of the film.
    const flip = (bytes: Buffer, at: number) => {
      const copy = Buffer.from(bytes);
      copy.writeUInt8(copy.readUInt8(at) ^ 1, at);
      return copy;
    };
    await writeFile(join(dir, 'touched.jpg'), flip(photo, photo.length - 2000));
    await writeFile(join(dir, 'touched.mp4'), flip(film, film.indexOf('mdat') + 5000));
    await writeFile(join(dir, 'rewritten.jpg'), flip(photo, photo.indexOf('John Doe')));
    await writeFile(join(dir, 'huge.jpg'), photo);
    await truncate(join(dir, 'huge.jpg'), 200_000_001);
    const names = ['CA.jpg', 'C.jpg', 'video1.mp4', 'XCA.jpg', 'E-sig-CA.jpg'].map(signed);
    const answers = await inspect(...names, 'touched.jpg', 'touched.mp4', 'rewritten.jpg', 'huge.jpg', 'made.png');
    const states = [...answers].map(([file, { credentials }]) => [basename(file), credentials?.state]);
    expect(Object.fromEntries(states)).toEqual({
      'CA.jpg': 'valid',
      'C.jpg': 'valid',
      'video1.mp4': 'valid',
      'XCA.jpg': 'changed',
      'E-sig-CA.jpg': 'broken',
      'touched.jpg': 'changed',
      'touched.mp4': 'changed',
      'rewritten.jpg': 'broken',
      'huge.jpg': 'unchecked',
      'made.png': undefined,
    });
    const credentials = answers.get(signed('CA.jpg'))?.credentials;
    expect(credentials).toMatchObject({
      signer: { name: 'C2PA Signer', organisation: 'C2PA Test Signing Cert', algorithm: 'Ps256' },
      signedAt: '2024-08-06T21:53:37+00:00',
      timeStamped: true,
      generator: expect.stringContaining('make_test_images'),
      title: 'CA.jpg',
      authors: ['John Doe'],
      actions: [{ action: 'opened' }, { action: 'color_adjustments', note: 'brightnesscontrast' }],
      ingredients: [{ title: 'A.jpg', relationship: 'parentOf', signed: false }],
      problems: [],
    } satisfies Partial<Record<keyof ContentCredentials, unknown>>);
    expect(answers.get(signed('video1.mp4'))?.credentials).toMatchObject({ records: 2, ingredients: [{ signed: true }] });
    expect(answers.get('huge.jpg')?.credentials).toMatchObject({ why: 'tooLarge' });
    expect(answers.get('touched.jpg')?.credentials?.problems).toEqual([expect.objectContaining({ code: 'assertion.dataHash.mismatch' })]);
  });

  it('row 30: a record that stands on a server is told, and nothing is fetched', async () => {
    let asked = 0;
    const server = createServer((_request, response) => {
      asked += 1;
      response.end();
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/manifest.c2pa`;
      await writeFile(
        join(dir, 'remote.png'),
        await pngWithTexts({ 'XML:com.adobe.xmp': xmp('http://purl.org/dc/terms/', 'provenance', url) }),
      );
      const answers = await inspect('remote.png');
      expect(answers.get('remote.png')?.credentials).toMatchObject({ state: 'unchecked', why: 'elsewhere', url });
      expect(asked).toBe(0);
    } finally {
      server.close();
    }
  });
});
