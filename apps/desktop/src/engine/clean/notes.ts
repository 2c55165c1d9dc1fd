import type { Tag } from '@pingplex/shared/contracts/engine';
import type { KeepGroup, MediaFormat } from '@pingplex/shared/domain';
import { belongsTo } from './keep-groups.ts';

type Facts = {
  readonly before: readonly Tag[];
  readonly after: readonly Tag[];
  readonly keep: readonly KeepGroup[];
  readonly format: MediaFormat;
  readonly written: readonly string[];
};

const CREDENTIALS = /^(?:JUMBF|CBOR|C2PA|C2PA-.*):/u;

/** True when the file carries Content Credentials (C2PA). */
export const hasCredentials = (tags: readonly Tag[]): boolean => tags.some((tag) => CREDENTIALS.test(tag.key));
const AI_SOURCE = /trainedAlgorithmicMedia|compositeWithTrainedAlgorithmicMedia|algorithmicMedia/u;

/**
 * Short keys for what a person should hear about after a clean, among them everything that changes what others see or
 * that marks where a file comes from: such things are never removed in silence.
 */
export function notesAbout({ before, after, keep, written }: Facts): string[] {
  const has = (test: (tag: Tag) => boolean) => before.some(test);
  const lost = (test: (tag: Tag) => boolean) => has(test) && !after.some(test);
  const notes = [...written];
  if (lost((tag) => CREDENTIALS.test(tag.key))) notes.push('contentCredentialsRemoved');
  if (lost((tag) => tag.key.endsWith(':DigitalSourceType') && AI_SOURCE.test(tag.value))) notes.push('aiMarkRemoved');
  if (lost((tag) => /^(?:XMP-hdrgm|XMP-HDRGainMap|XMP-apdi):|^Apple:HDRGain$/u.test(tag.key))) notes.push('gainMapRemoved');
  if (lost((tag) => /^(?:MPF|MPImage)\d*:/u.test(tag.key))) notes.push('extraPicturesRemoved');
  if (lost((tag) => /:(?:MotionPhoto|MicroVideo)$/u.test(tag.key))) notes.push('motionPhotoRemoved');
  if (!keep.includes('cover') && lost((tag) => belongsTo(tag.key, 'cover'))) notes.push('coverRemoved');
  if (!keep.includes('chapters') && lost((tag) => /:Chapter/u.test(tag.key))) notes.push('chaptersRemoved');
  for (const group of keep) {
    const wanted = (tag: Tag) => belongsTo(tag.key, group);
    if (lost(wanted)) notes.push(`${group}NotKept`);
  }
  return [...new Set(notes)];
}
