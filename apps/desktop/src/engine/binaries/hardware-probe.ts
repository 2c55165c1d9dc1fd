import { fork } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import os from 'node:os';
import { dirname, extname, join } from 'node:path';
import type { FFEncoderCodec } from 'node-av';
import { z } from 'zod';
import { ENGINE_VERSION } from '../version.ts';
import { loadAv } from './av.ts';
import { familyOf, hardwareEncoders, type ProbedEncoder, uploadFilter } from './hardware.ts';

const FRAMES = 10;
const [WIDTH, HEIGHT, RATE] = [640, 368, 10];
/** A driver that hangs counts as one that doesn't work. */
const PATIENCE_MS = 20_000;
/** Word on the engine's command line that makes it probe and end. */
export const PROBE_FLAG = '--probe-encoder';

const Answer = z.object({ works: z.boolean(), reason: z.string().optional() });
type Answer = z.infer<typeof Answer>;

/** Encodes ten black frames in this very process, which a broken driver may take down. @throws whatever FFmpeg says */
async function encodeBlack(encoderName: string): Promise<void> {
  const av = await loadAv();
  const family = familyOf(encoderName);
  if (!family) throw new RangeError('not a hardware encoder');
  if (!av.Codec.findEncoderByName(encoderName as FFEncoderCodec)) throw new Error('not part of this FFmpeg');
  const device = family === 'vaapi' ? av.HardwareContext.create(av.AV_HWDEVICE_TYPE_VAAPI) : undefined;
  if (device === null) throw new Error('no device');
  using filter = av.FilterAPI.create(uploadFilter(family), { ...(device ? { hardware: device } : {}) });
  using encoder = av.Encoder.createSync(encoderName as FFEncoderCodec, { filter });
  const black = Buffer.concat([Buffer.alloc(WIDTH * HEIGHT, 16), Buffer.alloc((WIDTH * HEIGHT) / 2, 128)]);
  let packets = 0;
  for (let n = 0; n < FRAMES; n++) {
    const format = av.AV_PIX_FMT_YUV420P;
    using frame = av.Frame.fromVideoBuffer(black, {
      width: WIDTH,
      height: HEIGHT,
      format,
      timeBase: { num: 1, den: RATE },
      pts: BigInt(n),
    });
    for (const one of filter.processAllSync(frame)) {
      using owned = one;
      packets += encoder.encodeAllSync(owned).length;
    }
  }
  packets += [...encoder.flushPacketsSync()].length;
  if (packets === 0) throw new Error('nothing came out');
}

/** What the throw-away process does: tries one encoder and tells its parent. */
export async function answerProbe(encoder: string): Promise<void> {
  const answer: Answer = await encodeBlack(encoder).then(
    () => ({ works: true }),
    (thrown: unknown) => ({ works: false, reason: thrown instanceof Error ? thrown.message : String(thrown) }),
  );
  await new Promise<void>((sent) => (process.send ? process.send(answer, undefined, undefined, () => sent()) : sent()));
}

/** The engine's entry that lies beside the one that is running (`main.ts` in a checkout, `main.mjs` in the package). */
function entry(): string {
  const running = process.argv[1] ?? '';
  return join(dirname(running), `main${extname(running)}`);
}

/** Tries one encoder in a process of its own: a driver that crashes or hangs takes nothing else with it. */
function tryEncoder(encoder: string, signal: AbortSignal): Promise<Answer> {
  return new Promise((fulfil) => {
    const child = fork(entry(), [PROBE_FLAG, encoder], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      execArgv: [],
    });
    let heard: Answer | undefined;
    const kill = () => child.kill('SIGKILL');
    const patience = setTimeout(kill, PATIENCE_MS);
    signal.addEventListener('abort', kill, { once: true });
    child.once('message', (raw) => {
      heard = Answer.safeParse(raw).data;
      kill();
    });
    const over = (reason: string) => {
      clearTimeout(patience);
      signal.removeEventListener('abort', kill);
      fulfil(heard ?? { works: false, reason });
    };
    child.once('error', (error) => over(error.message));
    child.once('exit', (code, name) => over(`the driver ended the process (${name ?? code})`));
  });
}

/** Tries every hardware encoder that this kind of machine may have, one after another. @throws the signal's reason on abort */
export async function probeHardware(signal: AbortSignal): Promise<ProbedEncoder[]> {
  const probed: ProbedEncoder[] = [];
  for (const one of hardwareEncoders()) {
    const { works, reason } = await tryEncoder(one.encoder, signal);
    signal.throwIfAborted();
    probed.push({ ...one, works, ...(reason === undefined || works ? {} : { reason }) });
  }
  return probed;
}

/** What a probe's answer depends on: the engine, the system, and the graphics drivers as far as the system tells. */
export async function machineKey(): Promise<string> {
  const lines = (path: string) => readFile(path, 'utf8').catch(() => '');
  const cards = await readdir('/sys/class/drm').catch(() => []);
  const devices = await Promise.all(
    cards.filter((name) => /^(card|renderD)\d+$/u.test(name)).map((name) => lines(`/sys/class/drm/${name}/device/uevent`)),
  );
  const nvidia = (await lines('/proc/driver/nvidia/version')).split('\n')[0] ?? '';
  return [ENGINE_VERSION, process.platform, process.arch, os.release(), nvidia, ...devices.sort()].join('|');
}
