import { copyFile, mkdir, open, readFile, rename } from 'node:fs/promises';
import path from 'node:path';
import { DEFAULT_SETTINGS, type OutputFolder, Settings } from '@pingplex/shared/contracts/ipc';
import { z } from 'zod';

const Bounds = z.object({
  x: z.int().optional(),
  y: z.int().optional(),
  width: z.int().min(640),
  height: z.int().min(480),
  maximised: z.boolean(),
});
export type Bounds = z.infer<typeof Bounds>;

/** What stands in settings.json. `version` grows with every change of shape; older files are migrated, their copy kept. */
const Stored = z.object({
  version: z.literal(1),
  settings: Settings,
  /** Chosen output folders: id → absolute path. The window knows the id and sees the path, but can't make one up. */
  folders: z.record(z.string(), z.string()),
  bounds: Bounds.nullable(),
});
type Stored = z.infer<typeof Stored>;

/**
 * The user's choices on disk. A file that can't be read is set aside under another name and the defaults are used: the app always starts.
 */
export class SettingsStore {
  readonly #file: string;
  #stored: Stored;
  #writing: Promise<void> = Promise.resolve();
  readonly #display: (path: string) => string;

  private constructor(file: string, display: (path: string) => string, stored: Stored) {
    this.#file = file;
    this.#display = display;
    this.#stored = stored;
  }

  /** @returns the store, and whether a damaged file had to be set aside */
  static async open(file: string, display: (path: string) => string): Promise<{ store: SettingsStore; setAside: string | null }> {
    const fresh: Stored = { version: 1, settings: DEFAULT_SETTINGS, folders: {}, bounds: null };
    const text = await readFile(file, 'utf8').catch(() => null);
    if (text === null) return { store: new SettingsStore(file, display, fresh), setAside: null };
    const parsed = readStored(text);
    if (parsed !== null) return { store: new SettingsStore(file, display, parsed), setAside: null };
    const aside = `${file}.damaged-${Date.now()}`;
    await copyFile(file, aside).catch(() => undefined);
    return { store: new SettingsStore(file, display, fresh), setAside: aside };
  }

  get settings(): Settings {
    return this.#stored.settings;
  }

  get bounds(): Bounds | null {
    return this.#stored.bounds;
  }

  set(change: Partial<Settings>): Settings {
    this.#replace({ settings: { ...this.#stored.settings, ...change } });
    return this.#stored.settings;
  }

  setBounds(bounds: Bounds): void {
    this.#replace({ bounds });
  }

  /** Remembers a folder that the user chose in a dialog, and makes it the current one. */
  addFolder(id: string, folder: string): OutputFolder {
    const known = Object.entries(this.#stored.folders).find(([, path]) => path === folder)?.[0] ?? id;
    this.#replace({
      folders: { ...this.#stored.folders, [known]: folder },
      settings: { ...this.#stored.settings, outputFolderId: known },
    });
    return this.#view(known, folder);
  }

  /** The path behind a folder's id, or undefined. */
  folderPath(id: string): string | undefined {
    return Object.hasOwn(this.#stored.folders, id) ? this.#stored.folders[id] : undefined;
  }

  get currentFolder(): OutputFolder | null {
    const id = this.#stored.settings.outputFolderId;
    const folder = id === null ? undefined : this.folderPath(id);
    return id === null || folder === undefined ? null : this.#view(id, folder);
  }

  /** Resolves when everything that was set is on disk. */
  flush(): Promise<void> {
    return this.#writing;
  }

  #view(id: string, folder: string): OutputFolder {
    return { id, displayPath: this.#display(folder) };
  }

  #replace(change: Partial<Stored>): void {
    this.#stored = { ...this.#stored, ...change };
    const text = JSON.stringify(this.#stored, null, 2);
    // A failed write is kept out of the way of the next one; the choice stays in memory and is written with it.
    this.#writing = this.#writing.catch(() => undefined).then(() => writeWhole(this.#file, text));
    this.#writing.catch(() => undefined);
  }
}

function readStored(text: string): Stored | null {
  try {
    const parsed = Stored.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

/** Writes aside and renames, so that a crash leaves the old file or the new one, never half of one. */
async function writeWhole(file: string, text: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  const aside = `${file}.part`;
  const handle = await open(aside, 'w', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(aside, file);
}
