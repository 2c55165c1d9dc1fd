import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Account } from '@pingplex/shared/contracts/http';

/**
 * Says that an account is stored on this machine, and which. Holds nothing secret: a locked keychain answers exactly as an empty one
 * does, and without this note the app would take the first for the second and sign its user out.
 */
export type Marker = { read(): Promise<Account | null>; write(account: Account): Promise<void>; remove(): Promise<void> };

const isMissing = (thrown: unknown): boolean => thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT';

export function createMarker(path: string): Marker {
  return {
    read: async () => {
      try {
        const parsed = Account.safeParse(JSON.parse(await readFile(path, 'utf8')));
        return parsed.success ? parsed.data : null;
      } catch (thrown) {
        if (isMissing(thrown) || thrown instanceof SyntaxError) return null;
        throw thrown;
      }
    },
    write: async (account) => {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      await writeFile(`${path}.new`, JSON.stringify(account), { mode: 0o600 });
      await rename(`${path}.new`, path);
    },
    remove: async () => {
      await rm(path, { force: true });
    },
  };
}
