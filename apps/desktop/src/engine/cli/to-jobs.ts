import { resolve } from 'node:path';
import type { EngineJob, TempPlace } from '@pingplex/shared/contracts/engine';
import type { Command } from './args.ts';
import { encoderCache } from './list-encoders.ts';

/** One call of the engine, and the names that its result is reported under. */
export type Task = {
  readonly job: EngineJob;
  /** Place on the command line, counted from 0. */
  readonly number: number;
  /** As given on the command line. */
  readonly file: string;
  /** Absolute path of the source. */
  readonly source: string;
};

/** The object without the keys that are undefined. */
function defined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as { [K in keyof T]: Exclude<T[K], undefined> };
}

function convertJob(command: Extract<Command, { verb: 'convert' }>, path: string, temp: TempPlace): EngineJob {
  const { format, preset, width, height, fit, enlarge, background, quality, start, end, cut, frames, every, subtitles, lufs } = command;
  const file = command['subtitle-file'];
  const several = frames === undefined ? every && { by: 'interval' as const, everyMs: every } : { by: 'count' as const, count: frames };
  const settings = {
    ...{ format, preset, width, height, fit, enlarge, background, quality, cut, subtitles },
    maxBytes: command['max-bytes'],
    trimStartMs: start,
    trimEndMs: end,
    cutToLimit: command['cut-to-limit'],
    frames: several === 0 ? undefined : several,
    loudness: lufs === undefined ? undefined : { lufs, truePeakDb: command['true-peak'] },
  };
  return {
    verb: 'convert',
    path,
    temp,
    settings: defined(settings),
    ...(file === undefined ? {} : { subtitleFile: resolve(file) }),
    ...(command.encoder === 'auto' ? { hardware: { cache: encoderCache() } } : {}),
  };
}

function jobOf(command: Exclude<Command, { verb: 'compare' }>, path: string, temp: TempPlace): EngineJob {
  switch (command.verb) {
    case 'inspect':
      return { verb: 'inspect', path, depth: command.quick ? 'quick' : 'full' };
    case 'diff':
      return { verb: 'inspect', path, depth: 'full' };
    case 'clean':
      return {
        verb: 'clean',
        path,
        temp,
        keepGroups: command.keep,
        removeCredentials: command['remove-credentials'],
        keepFileDates: !command['new-dates'],
        ...(command.coarsen === undefined ? {} : { coarsen: command.coarsen }),
      };
    case 'unicalize': {
      const { variants, seed, strength, mirror, 'min-distance': minDistance, 'min-quality': minQuality } = command;
      const wishes = { ...(minDistance === undefined ? {} : { minDistance }), ...(minQuality === undefined ? {} : { minQuality }) };
      return { verb: 'unicalize', path, temp, settings: { variants, seed, strength, mirror, ...wishes } };
    }
    case 'convert':
      return convertJob(command, path, temp);
    case 'thumbnail':
      return { verb: 'thumbnail', path, temp, size: command.size, ...(command.at === undefined ? {} : { atMs: command.at }) };
    case 'preview':
      return { verb: 'preview', path, temp };
    case 'waveform':
      return { verb: 'waveform', path, peaks: command.peaks };
    case 'verify':
      return { verb: 'verify', path };
  }
}

/**
 * Turns a command into the engine's jobs, one per file (one in all for `compare`).
 * @param outDir absolute output folder; not used by verbs that write nothing
 */
export function toTasks(command: Command, outDir: string): Task[] {
  if (command.verb === 'compare') {
    const [a = '', b = ''] = command.files;
    return [{ job: { verb: 'compare', a: resolve(a), b: resolve(b) }, number: 0, file: a, source: resolve(a) }];
  }
  return command.files.map((file, n) => {
    const source = resolve(file);
    return {
      job: jobOf(command, source, { dir: outDir, stem: `.pingplex-cli-${process.pid}-${String(n).padStart(7, '0')}` }),
      number: n,
      file,
      source,
    };
  });
}
