import type { InspectOutcome, PrivacyFlagCode, Tag } from '@pingplex/shared/contracts/engine';
import type { Model, Movement, Wallet } from '@pingplex/shared/contracts/http';
import type { AppState, BatchView, ItemView, MediaFileView, ResultView } from '@pingplex/shared/contracts/ipc';
import { BatchId, FORMATS, formatByName, ItemId, MediaFileId, type MediaFormat, ResultId, Step, UserId } from '@pingplex/shared/domain';
import type { ErrorCode } from '@pingplex/shared/errors';

const NAMES = [
  'beach-run-0412.mov',
  'DSC_0931.NEF',
  'poster-final.png',
  'voice-take-3.wav',
  'teaser-v2.mp4',
  'IMG_2201.HEIC',
  'studio-14.jpg',
  'loop-square.webm',
  'intro-podcast.mp3',
  'ad-RU-long-title-version-with-many-words.mp4',
  'DSC_0932.NEF',
  'cover.webp',
  'cut-03.mp4',
  'IMG_2202.HEIC',
  'banner.avif',
  'portrait-ильина.jpg',
];
const FLAGS: readonly (readonly PrivacyFlagCode[])[] = [
  ['gps', 'serialNumber', 'captureTime'],
  [],
  ['aiPrompt', 'aiGenerated'],
  [],
  ['personName', 'software'],
];
const NOW = Date.parse('2026-11-20T12:00:00Z');

const error = (code: ErrorCode) => ({ code, message: code, retryable: false });
const fileId = (n: number): MediaFileId => MediaFileId.parse(`file-${String(n).padStart(6, '0')}`);

/** One file of the made-up library. */
export function makeFile(n: number): MediaFileView {
  const base = NAMES[n % NAMES.length] ?? 'a.jpg';
  const name = n < NAMES.length ? base : base.replace('.', `-${n}.`);
  const format: MediaFormat = formatByName(name) ?? 'jpeg';
  const kind = FORMATS[format].kind;
  const broken = n === 12;
  return {
    id: fileId(n),
    name,
    folder: '~/Pictures/Spring campaign',
    sizeBytes: [186e6, 48e6, 2.4e6, 31e6, 12e6][n % 5] ?? 1e6,
    modifiedAt: NOW - n * 36e5,
    order: n,
    kind,
    format,
    state: broken ? 'failed' : n === 14 ? 'reading' : 'ready',
    summary: broken
      ? null
      : {
          ...(kind === 'audio' ? {} : { width: [3840, 6000, 2048, 1920, 1080][n % 5], height: [2160, 4000, 2048, 1080, 1350][n % 5] }),
          ...(kind === 'image' ? {} : { durationMs: 12_000 + n * 3100 }),
          ...(kind === 'video'
            ? { fps: 29.97, videoCodec: 'HEVC', audioCodec: 'AAC', sampleRate: 48_000, channels: 2, bitRate: 58e6 }
            : {}),
          ...(kind === 'audio' ? { audioCodec: 'PCM', sampleRate: 48_000, channels: 2, bitRate: 1_536_000 } : {}),
          ...(n % 3 === 0
            ? {
                camera: 'Apple iPhone 16 Pro',
                lens: '24 mm ƒ/1.78',
                exposure: '1/120 s · ISO 64',
                takenAt: '2026:04:12 18:42:07+03:00',
                place: { lat: 55.75393, lon: 37.62079 },
              }
            : {}),
          colourSpace: 'Display P3',
        },
    flags: broken ? [] : (FLAGS[n % FLAGS.length] ?? []),
    damaged: n === 6,
    nameMismatch: n === 2,
    error: broken ? error('file.damaged') : null,
  };
}

/** Everything that the made-up inspection finds. */
export function makeInspection(file: MediaFileView): InspectOutcome {
  const tags: Tag[] = [
    { key: 'File:FileType', value: file.format.toUpperCase(), source: 'exiftool' },
    { key: 'File:MIMEType', value: FORMATS[file.format].mime, source: 'exiftool' },
    { key: 'IFD0:Make', value: 'Apple', source: 'exiftool' },
    { key: 'IFD0:Model', value: 'iPhone 16 Pro', source: 'exiftool' },
    { key: 'IFD0:Orientation', value: 'Rotate 90 CW', raw: 6, source: 'quick' },
    { key: 'GPS:GPSLatitude', value: '55 deg 45\' 14.15" N', raw: 55.75393, source: 'exiftool' },
    { key: 'GPS:GPSLongitude', value: '37 deg 37\' 14.84" E', raw: 37.62079, source: 'exiftool' },
    ...Array.from(
      { length: 40 },
      (_, n): Tag => ({ key: `XMP-photoshop:Entry${n}`, value: `value of the entry number ${n} in the list`, source: 'exiftool' }),
    ),
    { key: 'Probe:Stream0', value: 'hevc (Main 10), yuv420p10le, 3840x2160', source: 'probe' },
  ];
  return {
    kind: file.kind,
    format: file.format,
    sizeBytes: file.sizeBytes,
    nameMismatch: file.nameMismatch,
    damaged: file.damaged,
    summary: file.summary ?? {},
    tags,
    privacy: file.flags.map((code) => ({
      code,
      group: 'place',
      severity: code === 'gps' ? 'high' : code === 'captureTime' ? 'info' : 'medium',
      tags: code === 'gps' ? ['GPS:GPSLatitude', 'GPS:GPSLongitude'] : ['IFD0:Model'],
      example: code === 'gps' ? '55.75393, 37.62079' : 'C39XK2QJ0D',
    })),
    notes: [],
  };
}

export const MODELS: readonly Model[] = [
  {
    id: 'gpt-image-1',
    provider: 'openai',
    capability: 'imageEdit',
    label: { en: 'GPT Image · edit', ru: 'GPT Image · правка' },
    settingsSchema: {
      type: 'object',
      properties: {
        quality: { type: 'string', enum: ['low', 'medium', 'high'], default: 'medium', 'x-label': { en: 'Quality', ru: 'Качество' } },
        n: { type: 'integer', minimum: 1, maximum: 4, default: 1, 'x-label': { en: 'Pictures', ru: 'Картинок' } },
        transparent: { type: 'boolean', default: false, 'x-label': { en: 'Transparent background', ru: 'Прозрачный фон' } },
        odd: { type: 'object' },
      },
    },
    limits: { maxPromptChars: 4000, minSources: 1, maxSources: 4, maxSourceBytes: 2e7, sourceMimes: ['image/png'] },
    resultKind: 'image',
    price: {
      kind: 'perUnit',
      unit: 'image',
      base: 4,
      unitsFrom: 'n',
      factors: [{ setting: 'quality', values: { low: 0.5, medium: 1, high: 4 } }],
      since: '2026-01-01',
    },
    available: true,
    sandbox: true,
    retiresAt: null,
  },
];

const uuid = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

export const WALLET: Wallet = {
  available: 1984,
  held: 40,
  frozen: 0,
  debt: 0,
  version: 7,
  grants: [
    {
      id: uuid(1),
      kind: 'subscription',
      amount: 2400,
      available: 1200,
      held: 40,
      frozen: 0,
      expiresAt: '2026-12-12T00:00:00Z',
      createdAt: '2026-11-12T00:00:00Z',
    },
    { id: uuid(2), kind: 'pack', amount: 1000, available: 784, held: 0, frozen: 0, expiresAt: null, createdAt: '2026-10-01T00:00:00Z' },
  ],
};

export const MOVEMENTS: readonly Movement[] = [
  ['release', 4, -4, 'generation.refused'],
  ['hold', -4, 4, 'generation.held'],
  ['capture', 0, -8, 'generation.succeeded'],
  ['hold', -8, 8, 'generation.held'],
  ['grant', 1000, 0, 'dispute.won'],
  ['grant', 200, 0, 'grant.trial'],
].map(([kind, availableChange, heldChange, reason], n) => ({
  id: uuid(100 + n),
  kind: kind as Movement['kind'],
  availableChange: Number(availableChange),
  heldChange: Number(heldChange),
  reason: String(reason),
  generationId: null,
  createdAt: new Date(NOW - n * 71e5).toISOString(),
}));

/** The app's state at the start; `account` is null when signed out. */
export function makeState(signedIn: boolean, patch: Partial<AppState['settings']>): AppState {
  return {
    version: '0.1.0',
    platform: 'linux',
    systemLanguage: 'en',
    settings: {
      theme: 'system',
      language: 'system',
      view: 'grid',
      sort: { by: 'added', descending: false },
      gridSize: 152,
      inspectorOpen: true,
      outputFolderId: null,
      template: '{name}-v{variant}',
      conflict: 'number',
      keepTree: false,
      serverUrl: null,
      ...patch,
    },
    keychain: signedIn ? 'kept' : 'sessionOnly',
    server: { state: 'online', sandbox: true, url: 'http://127.0.0.1:4310', google: true },
    account: signedIn
      ? {
          id: UserId.parse(uuid(9)),
          email: 'you@studio.example',
          emailVerified: true,
          locale: 'en',
          createdAt: '2026-03-01T00:00:00Z',
          hasPassword: true,
          twoFactor: false,
          google: null,
        }
      : null,
    wallet: signedIn ? WALLET : null,
    engine: { ready: true, version: '1.0.0' },
    outputFolder: signedIn ? { id: 'folder-1', displayPath: '~/Pictures/Results' } : null,
  };
}

const STEPS = [Step.parse({ verb: 'clean' }), Step.parse({ verb: 'unicalize', variants: 5 })];
const batchId = (n: number): BatchId => BatchId.parse(`batch-${String(n).padStart(4, '0')}`);

export function makeBatches(): { batches: BatchView[]; items: ItemView[]; results: ResultView[] } {
  const states = ['running', 'interrupted', 'finished'] as const;
  const batches = states.map(
    (state, n): BatchView => ({
      id: batchId(n),
      name: ['Spring campaign', 'Clean → AI edit', 'Five variants'][n] ?? '',
      state,
      createdAt: NOW - n * 9e6,
      finishedAt: state === 'finished' ? NOW - n * 9e6 + 120_000 : null,
      counts: {
        queued: n === 2 ? 0 : 6,
        running: n === 0 ? 2 : 0,
        done: 8,
        failed: n === 1 ? 0 : 2,
        canceled: 0,
        skipped: n === 2 ? 1 : 0,
      },
      results: 40,
      progress: [0.46, 0.7, 1][n] ?? 1,
      etaMs: state === 'running' ? { low: 95_000, high: 180_000 } : null,
      creditsSpent: n === 1 ? 32 : 0,
      steps: STEPS,
      outputDisplay: '~/Pictures/Results',
    }),
  );
  const items = batches.flatMap((batch, b) =>
    Array.from({ length: 16 }, (_, n): ItemView => {
      const file = makeFile(n);
      const state =
        b === 0 ? (n < 3 ? 'running' : n === 12 || n === 13 ? 'failed' : n < 11 ? 'done' : 'queued') : n === 12 ? 'failed' : 'done';
      return {
        id: ItemId.parse(`item-${b}-${String(n).padStart(4, '0')}`),
        batchId: batch.id,
        fileId: file.id,
        name: file.name,
        kind: file.kind,
        format: file.format,
        state,
        progress: [1, 0.64, 0.18][n] ?? 0,
        stage: state === 'running' ? 'unicalize' : null,
        error: state === 'failed' ? error(n === 12 ? 'file.damaged' : 'generation.refused') : null,
        attempts: state === 'failed' ? 2 : 1,
        results: state === 'done' ? 5 : 0,
      };
    }),
  );
  const results = Array.from({ length: 60 }, (_, n): ResultView => {
    const file = makeFile(n % 12);
    const verb = n % 4 === 0 ? 'clean' : n % 7 === 3 ? 'generate' : 'unicalize';
    return {
      id: ResultId.parse(`result-${String(n).padStart(4, '0')}`),
      batchId: batchId(2),
      itemId: ItemId.parse(`item-2-${String(n % 12).padStart(4, '0')}`),
      sourceId: file.id,
      sourceName: file.name,
      name: file.name.replace('.', `-v${(n % 5) + 1}.`),
      displayPath: `~/Pictures/Results/${file.name.replace('.', `-v${(n % 5) + 1}.`)}`,
      kind: file.kind,
      format: file.format,
      sizeBytes: 2_400_000 + n * 1000,
      sha256: '0'.repeat(64),
      verb,
      measurements:
        verb === 'clean'
          ? {
              clean: {
                outcome: 'cleaned',
                removed: Array.from({ length: 23 }, (_, k) => `XMP:Entry${k}`),
                kept: ['IFD0:Orientation', 'ICC_Profile'],
                verified: true,
                bitIdentical: true,
                notes: [],
              },
            }
          : verb === 'generate'
            ? { generation: { id: uuid(5), modelId: 'gpt-image-1', credits: 4, sandbox: true }, width: 1024, height: 1024 }
            : {
                variant: { n: (n % 5) + 1, parameters: { rotate: 1.2 }, targetReached: n % 6 !== 1, attempts: 3, engineVersion: '1.0.0' },
                fromSource: { score: 62, band: 'distinct', pdq: 62 },
                nearestSister: { score: 41, band: n % 6 === 1 ? 'weak' : 'distinct', pdq: 38 },
                quality: { ssim: 0.962, psnr: 41.2 },
                width: 3840,
                height: 2160,
              },
      credits: verb === 'generate' ? 4 : 0,
      createdAt: NOW - n * 6e5,
      present: n !== 5,
    };
  });
  return { batches, items, results };
}

/** What the panel of sign-in and devices shows. */
export const SECRET = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';
export const RECOVERY_CODES = Array.from({ length: 10 }, (_, n) => `ABCD-EFGH-JKLM-NP${n}Q`.replace(/[01]/, '2'));
export const SESSIONS = ['Studio Mac', 'Travel laptop'].map((name, n) => ({
  id: uuid(40 + n),
  device: { name, os: 'macOS 26.1', appVersion: '0.1.0' },
  createdAt: '2026-11-01T09:00:00Z',
  lastUsedAt: '2026-11-20T09:00:00Z',
  country: n === 0 ? 'DE' : null,
  current: n === 0,
}));
