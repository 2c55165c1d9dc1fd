import { z } from 'zod';
import { ConflictRule } from '../../domain/recipe.ts';
import type { Account, Model, Movement, Wallet } from '../http/index.ts';
import { ipc } from './route.ts';

/** Ways to look at two pictures or films, and whether two sounds are brought to the same loudness. */
export const CompareSettings = z.strictObject({
  image: z.enum(['side', 'slider', 'lens']),
  video: z.enum(['side', 'slider']),
  levelMatched: z.boolean(),
});
export type CompareSettings = z.infer<typeof CompareSettings>;
export const DEFAULT_COMPARE: CompareSettings = { image: 'slider', video: 'side', levelMatched: true };

/** Remembered choices of the user. Kept by main, versioned on disk. */
export const Settings = z.strictObject({
  theme: z.enum(['system', 'light', 'dark']),
  language: z.enum(['system', 'en', 'ru']),
  view: z.enum(['grid', 'table']),
  sort: z.strictObject({
    by: z.enum(['added', 'name', 'kind', 'dimensions', 'length', 'size', 'modified', 'state']),
    descending: z.boolean(),
  }),
  gridSize: z.int().min(100).max(400),
  inspectorOpen: z.boolean(),
  outputFolderId: z.string().max(64).nullable(),
  template: z.string().min(1).max(300),
  conflict: ConflictRule,
  keepTree: z.boolean(),
  serverUrl: z.url().max(500).nullable(),
  /** How source and result are compared; absent until it was changed once. */
  compare: CompareSettings.optional(),
  /** Whether conversions may use hardware encoders; absent is `auto`. */
  hardwareEncoders: z.enum(['auto', 'off']).optional(),
});
export type Settings = z.infer<typeof Settings>;

/** What a new installation begins with. */
export const DEFAULT_SETTINGS: Settings = {
  theme: 'system',
  language: 'system',
  view: 'grid',
  sort: { by: 'added', descending: false },
  gridSize: 152,
  inspectorOpen: true,
  outputFolderId: null,
  template: '{name}-{variant}',
  conflict: 'number',
  keepTree: false,
  serverUrl: null,
};

/** Where tokens are: in the OS keychain, only in memory until quit (no keychain), or unreachable because the keychain is locked. */
export type KeychainState = 'kept' | 'sessionOnly' | 'locked';
export type ServerState = 'unknown' | 'online' | 'offline';

export type AppState = {
  readonly version: string;
  readonly platform: 'darwin' | 'win32' | 'linux';
  /** The system's language, already narrowed to what we speak. */
  readonly systemLanguage: 'en' | 'ru';
  readonly settings: Settings;
  readonly keychain: KeychainState;
  /** `google`: it offers sign-in with Google. */
  readonly server: { readonly state: ServerState; readonly sandbox: boolean; readonly url: string; readonly google: boolean };
  /** Null when signed out. */
  readonly account: Account | null;
  readonly wallet: Wallet | null;
  readonly engine: { readonly ready: boolean; readonly version: string | null };
  /** Chosen output folder for display, null when none was chosen yet. */
  readonly outputFolder: OutputFolder | null;
};

/** A folder that the user chose in main's dialog; the window names it by id and shows the path. */
export type OutputFolder = { readonly id: string; readonly displayPath: string };

const nothing = z.strictObject({});

export const appRoutes = {
  'app.getState': ipc<AppState>()(nothing),
  'app.setSettings': ipc<Settings>()(Settings.partial()),
  /** Opens a page of ours in the system browser. Only what is listed here can be opened. */
  'app.openExternal': ipc<{ opened: boolean }>()(z.strictObject({ what: z.enum(['mailSandbox', 'help', 'privacy']) })),
  'app.chooseOutputFolder': ipc<OutputFolder | null>()(nothing),
  /** What failed last and how the parts are doing, redacted, ready to copy. */
  'app.diagnostics': ipc<{ text: string }>()(nothing),
  /** Licence of the media engine and its third-party parts, as they lie beside it. */
  'app.notices': ipc<{ licence: string; notices: string }>()(nothing),

  'wallet.refresh': ipc<Wallet>()(nothing),
  'wallet.movements': ipc<{ movements: Movement[]; next: string | null }>()(
    z.strictObject({ before: z.uuid().optional(), limit: z.int().min(1).max(200).default(50) }),
  ),
  'models.list': ipc<{ models: Model[] }>()(nothing),
} as const;
