import { z } from 'zod';
import { MediaFileId } from '../../domain/ids.ts';
import type { MediaFormat, MediaKind } from '../../domain/media.ts';
import type { AppErrorData } from '../../errors/app-error.ts';
import type { InspectOutcome, PrivacyFlagCode, Summary, WaveformOutcome } from '../engine/outcomes.ts';
import { ipc } from './route.ts';

/** A media file as the window knows it: by id. Folder and name are for display only. */
export type MediaFileView = {
  readonly id: MediaFileId;
  readonly name: string;
  /** Folder for display, home shortened to `~`. */
  readonly folder: string;
  readonly sizeBytes: number;
  readonly modifiedAt: number;
  /** Grows with every file that was added; the default order. */
  readonly order: number;
  readonly kind: MediaKind;
  readonly format: MediaFormat;
  /** `reading` until the quick inspection is there; `failed` keeps the reason. `missing`: the file is gone from disk. */
  readonly state: 'reading' | 'ready' | 'failed' | 'missing';
  readonly summary: Summary | null;
  readonly flags: readonly PrivacyFlagCode[];
  readonly damaged: boolean;
  readonly nameMismatch: boolean;
  readonly error: AppErrorData | null;
};

/** What adding did: nothing is left out silently. */
export type AddReport = {
  readonly added: number;
  readonly alreadyThere: number;
  /** Files that were named, new or not, in their order; the first thousand. */
  readonly ids?: readonly MediaFileId[];
  readonly refused: readonly { readonly name: string; readonly error: AppErrorData }[];
  /** More were refused than the list shows. */
  readonly refusedTotal: number;
};

export type LibraryPage = {
  readonly rev: number;
  readonly files: readonly MediaFileView[];
  readonly total: number;
  readonly next: number | null;
};

/** Thumbnails and previews that were made and kept on disk; never more than the bound. */
export type CacheView = { readonly bytes: number; readonly files: number; readonly maxBytes: number };

/** Something that the window can show: a `media://` address, and whether it is a labelled stand-in for the original. */
export type PreviewView = { readonly url: string; readonly mime: string; readonly proxy: boolean };

/** How fine, and whether the integrated loudness is wanted too. */
export const waveform = { peaks: z.int().min(16).max(4096), loudness: z.boolean().default(false) } as const;

const one = z.strictObject({ id: MediaFileId });
const paths = z.array(z.string().min(1).max(4096)).min(1).max(20_000);

export const libraryRoutes = {
  'library.page': ipc<LibraryPage>()(z.strictObject({ offset: z.int().min(0).default(0), limit: z.int().min(1).max(5000).default(2000) })),
  'library.addByDialog': ipc<AddReport | null>()(z.strictObject({ what: z.enum(['files', 'folder']) })),
  'library.addPaths': ipc<AddReport>()(z.strictObject({ paths }), { preloadOnly: true }),
  'library.remove': ipc<{ removed: number }>()(z.strictObject({ ids: z.array(MediaFileId).min(1).max(100_000) })),
  'library.inspect': ipc<InspectOutcome>()(one),
  /** `standIn` asks for the engine's own picture even where the original could be shown, because showing it failed. */
  'library.preview': ipc<PreviewView>()(z.strictObject({ id: MediaFileId, standIn: z.boolean().default(false) })),
  'library.waveform': ipc<WaveformOutcome>()(z.strictObject({ id: MediaFileId, ...waveform })),
  /** Says which files were on screen at a moment (ms since the epoch): they are read first, and thumbnails of others that still wait are dropped. */
  'library.show': ipc<{ done: true }>()(z.strictObject({ ids: z.array(MediaFileId).max(1000), at: z.number() })),
  'library.cache': ipc<CacheView>()(z.strictObject({})),
  'library.clearCache': ipc<CacheView>()(z.strictObject({})),
  'library.reveal': ipc<{ shown: boolean }>()(one),
} as const;

/** How many frames a film's strip has. */
export const STRIP_FRAMES = 16;

/** Addresses of media for the page; main makes thumbnails when they are first asked for, newest request first. */
export const mediaUrls = {
  thumbnail: (id: MediaFileId): string => `media://thumb/${id}`,
  /** Frames of a film side by side, `STRIP_FRAMES` of them. */
  strip: (id: MediaFileId): string => `media://strip/${id}`,
  original: (id: MediaFileId): string => `media://file/${id}`,
  /** A picture that the app made for a request. */
  made: (id: string): string => `media://made/${id}`,
  result: (id: string): string => `media://result/${id}`,
  resultThumbnail: (id: string): string => `media://result-thumb/${id}`,
} as const;
