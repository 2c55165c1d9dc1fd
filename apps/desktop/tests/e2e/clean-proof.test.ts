import { cp, stat, utimes } from 'node:fs/promises';
import path from 'node:path';
import type { ResultView } from '@pingplex/shared/contracts/ipc';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { makeSamples, type SampleFile } from '../../samples/make-samples.ts';
import { clearDesk, type Desk, openDesk } from '../driver/desk.ts';
import { filesBelow, hashesBelow, sha256Of } from '../driver/disk.ts';
import type { Studio } from '../driver/studio.ts';
import { askExifTool } from '../engine/helpers/exiftool-oracle.ts';

let desk: Desk;
let studio: Studio;
let samples: readonly SampleFile[];

const PRIVATE = /:(GPS\w*|\w*SerialNumber|Artist|Creator|By-line|OwnerName|CreatorWorkEmail|UserComment|HistoryAction|DocumentID|Prompt|Parameters|Comment)$/;
/** What makes a file playable or says where it lies, not who made it. */
const TECHNICAL = /^(System|File|ExifTool|Composite|SourceFile)/;

beforeAll(async () => {
  desk = await openDesk('clean');
  studio = desk.studio();
  samples = await makeSamples(path.join(desk.root, 'samples'), { only: ['jpeg', 'png', 'webp', 'mp3', 'mp4', 'flac'], isSmall: true });
});
afterAll(async () => {
  await desk?.done();
});
beforeEach(async () => {
  await clearDesk(studio);
});

const named = (name: string): SampleFile => {
  const found = samples.find((one) => path.basename(one.path) === name);
  if (found === undefined) throw new Error(`no sample ${name}`);
  return found;
};

/** Copies samples into a folder of their own and adds that folder. */
async function bring(folder: string, names: readonly string[]): Promise<string> {
  const to = path.join(desk.input, folder);
  for (const name of names) await cp(named(name).path, path.join(to, name), { preserveTimestamps: true });
  await studio.addFolder(to);
  await studio.filesReady(names.length);
  return to;
}

/** Runs the recipe on the bar into a folder of its own. */
async function runInto(folder: string): Promise<{ output: string; results: readonly ResultView[] }> {
  const output = path.join(desk.output, folder);
  await cp(desk.output, output, { recursive: true, filter: () => false }).catch(() => undefined);
  return { output, results: [] };
}
