import { resolve } from 'node:path';
import type { EngineJob, TempPlace } from '@pingplex/shared/contracts/engine';
import type { Command } from './args.ts';

/** One call of the engine, and the names that its result is reported under. */
export type Task = {
  readonly job: EngineJob;
  /** As given on the command line. */
  readonly file: string;
  /** Absolute path of the source. */
  readonly source: string;
};

function jobOf(command: Exclude<Command, { verb: 'compare' }>, path: string, temp: TempPlace): EngineJob {
  switch (command.verb) {
    case 'inspect':
      return { verb: 'inspect', path, depth: command.quick ? 'quick' : 'full' };
    case 'clean':
      return { verb: 'clean', path, temp, keepGroups: command.keep };
    case 'unicalize': {
      const { variants, seed, strength, mirror, 'min-distance': minDistance, 'min-quality': minQuality } = command;
      const wishes = { ...(minDistance === undefined ? {} : { minDistance }), ...(minQuality === undefined ? {} : { minQuality }) };
      return { verb: 'unicalize', path, temp, settings: { variants, seed, strength, mirror, ...wishes } };
    }
    case 'convert': {
      const { format, width, height, fit, quality, start, end } = command;
      return {
        verb: 'convert',
        path,
        temp,
        settings: {
          fit,
          quality,
          ...(format === undefined ? {} : { format }),
          ...(width === undefined ? {} : { width }),
          ...(height === undefined ? {} : { height }),
          ...(start === undefined ? {} : { trimStartMs: start }),
          ...(end === undefined ? {} : { trimEndMs: end }),
        },
      };
    }
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
    return [{ job: { verb: 'compare', a: resolve(a), b: resolve(b) }, file: a, source: resolve(a) }];
  }
  return command.files.map((file, n) => {
    const source = resolve(file);
    return {
      job: jobOf(command, source, { dir: outDir, stem: `.pingplex-cli-${process.pid}-${String(n).padStart(7, '0')}` }),
      file,
      source,
    };
  });
}
