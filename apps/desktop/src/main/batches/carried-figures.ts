import type { Measurements } from '@pingplex/shared/contracts/ipc';

/**
 * What stays true of a file after a later step has made another one of it. Distance and quality described the earlier file and were not
 * measured again, so they go; what was removed stays removed, but the new file is no bit-for-bit copy any more.
 */
export function carriedFigures({ clean, variant, generation, notes }: Measurements): Measurements {
  return {
    ...(clean === undefined ? {} : { clean: { ...clean, bitIdentical: false } }),
    ...(variant === undefined ? {} : { variant }),
    ...(generation === undefined ? {} : { generation }),
    ...(notes === undefined ? {} : { notes }),
  };
}
