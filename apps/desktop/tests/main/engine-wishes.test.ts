import { resolve } from 'node:path';
import type { EngineJob, OutcomeOf } from '@pingplex/shared/contracts/engine';
import { expect, it } from 'vitest';
import { wishingHardware } from '../../src/main/app/hardware-wish.ts';
import { readNotices } from '../../src/main/app/notices.ts';

const place = { path: '/a.mp4', temp: { dir: '/t', stem: '.pingplex-1' } };
const convert: EngineJob = { verb: 'convert', ...place, settings: { format: 'mp4' } };
const unicalize: EngineJob = { verb: 'unicalize', ...place, settings: { variants: 1, strength: 'light', seed: 1, mirror: false } };

it('row 45: conversions may use hardware unless the user says no; variants never do', async () => {
  const asked: EngineJob[] = [];
  let isWanted = true;
  const run = wishingHardware(
    <J extends EngineJob>(job: J): Promise<OutcomeOf<J['verb']>> => {
      asked.push(job);
      return Promise.reject(new Error('no engine here'));
    },
    () => isWanted,
    '/data/encoders.json',
  );
  await expect(run(convert)).rejects.toThrow();
  await expect(run(unicalize)).rejects.toThrow();
  isWanted = false;
  await expect(run(convert)).rejects.toThrow();
  expect(asked).toEqual([{ ...convert, hardware: { cache: '/data/encoders.json' } }, unicalize, convert]);
});

it('shows the licence of the engine and where the source of its parts is', async () => {
  const { licence, notices } = await readNotices(resolve(import.meta.dirname, '../../src/engine'));
  expect(licence).toContain('GPL-3.0-or-later');
  expect(notices).toContain('jellyfin-ffmpeg');
  expect(notices).toContain('written offer');
});
