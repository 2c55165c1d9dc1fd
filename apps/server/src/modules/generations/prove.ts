import { buffer } from 'node:stream/consumers';
import type { Capability } from '@pingplex/shared/contracts/http';
import { decodeImage, proveFilm, proveSound } from '../files/service.ts';
import type { VerifiedOutput } from './settle.ts';
import type { Task } from './task.ts';
import type { Deps } from './types.ts';

type Facts = Omit<VerifiedOutput, 'sha256' | 'sizeBytes'>;
type Stored = { sha256: string; sizeBytes: number };

/** A longest answer of 16,000 tokens is some 100 KB; subtitles of four hours are less than one MB. */
const MAX_TEXT_BYTES = 8 * 1024 * 1024;
const KINDS: Readonly<Record<Capability, Facts['kind']>> = {
  image: 'image',
  imageEdit: 'image',
  video: 'video',
  imageToVideo: 'video',
  text: 'text',
  transcript: 'text',
  speech: 'audio',
  music: 'audio',
};
const TEXT_MIMES: Readonly<Record<string, string>> = { srt: 'application/x-subrip', vtt: 'text/vtt' };

/** What a stored result really is, by its content; null when it is not what was ordered, or broken. */
export async function prove(deps: Deps, task: Task, output: Stored): Promise<Facts | null> {
  if ((await deps.storage.size(output.sha256)) === null) return null;
  const whole = async () => buffer(await deps.storage.get(output.sha256));
  const read = async (start: number, last: number) => buffer(await deps.storage.get(output.sha256, { start, end: last }));
  switch (KINDS[task.capability]) {
    case 'image': {
      const facts = await decodeImage(await whole());
      return facts && { kind: 'image', durationMs: null, ...facts };
    }
    case 'video': {
      const facts = await proveFilm(read, output.sizeBytes);
      return facts && { kind: 'video', ...facts };
    }
    case 'audio': {
      const facts = await proveSound(read, output.sizeBytes);
      return facts && { kind: 'audio', width: null, height: null, ...facts };
    }
    case 'text': {
      if (output.sizeBytes > MAX_TEXT_BYTES || !isText(await whole())) return null;
      const mime = TEXT_MIMES[String(task.settings['format'])] ?? 'text/plain';
      return { kind: 'text', mime, width: null, height: null, durationMs: null };
    }
  }
}

function isText(bytes: Buffer): boolean {
  try {
    return !new TextDecoder('utf-8', { fatal: true }).decode(bytes).includes('\0');
  } catch {
    return false;
  }
}
