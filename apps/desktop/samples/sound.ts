import { createRandom } from './noise.ts';

/** Stereo sound, 48 kHz, samples interleaved left and right between -1 and 1. */
export type Sound = Float32Array;
export const SAMPLE_RATE = 48_000;

const pitch = (note: number): number => 440 * 2 ** ((note - 69) / 12);

export interface Tune {
  /** Chords as MIDI notes; each lasts `beatsPerChord`. */
  readonly chords: readonly (readonly number[])[];
  readonly beatsPerMinute: number;
  readonly hasBeat: boolean;
  readonly seed: number;
}

export const TUNES: Readonly<Record<'calm' | 'bright' | 'night' | 'folk', Tune>> = {
  calm: {
    chords: [
      [50, 57, 62, 66, 69],
      [47, 54, 59, 62, 66],
      [43, 50, 55, 59, 62],
      [45, 52, 57, 61, 64],
    ],
    beatsPerMinute: 72,
    hasBeat: false,
    seed: 1,
  },
  bright: {
    chords: [
      [48, 55, 60, 64, 67],
      [43, 50, 59, 62, 67],
      [45, 52, 57, 60, 64],
      [41, 48, 57, 60, 65],
    ],
    beatsPerMinute: 104,
    hasBeat: true,
    seed: 2,
  },
  night: {
    chords: [
      [45, 52, 57, 60, 64],
      [41, 48, 57, 60, 65],
      [48, 55, 60, 64, 67],
      [43, 50, 55, 59, 62],
    ],
    beatsPerMinute: 88,
    hasBeat: true,
    seed: 3,
  },
  folk: {
    chords: [
      [52, 59, 64, 67, 71],
      [48, 55, 60, 64, 67],
      [50, 57, 62, 66, 69],
      [52, 59, 64, 67, 71],
    ],
    beatsPerMinute: 96,
    hasBeat: false,
    seed: 4,
  },
};

function addTone(
  sound: Sound,
  start: number,
  seconds: number,
  note: number,
  gain: number,
  pan: number,
  shape: 'pad' | 'pluck' | 'bass',
): void {
  const frequency = pitch(note);
  const first = Math.floor(start * SAMPLE_RATE);
  const count = Math.min(Math.floor(seconds * SAMPLE_RATE), sound.length / 2 - first);
  const left = gain * Math.sqrt(1 - pan);
  const right = gain * Math.sqrt(pan);
  const harmonics = shape === 'pad' ? 5 : shape === 'pluck' ? 6 : 3;
  for (let harmonic = 1; harmonic <= harmonics; harmonic += 1) {
    const omega = (2 * Math.PI * frequency * harmonic * (1 + 0.0006 * (harmonic % 3))) / SAMPLE_RATE;
    const turn = 2 * Math.cos(omega);
    const weight = shape === 'pad' ? 1 / harmonic ** 1.7 : shape === 'pluck' ? 1 / harmonic ** 1.2 : 1 / harmonic ** 2;
    const decay = shape === 'pluck' ? Math.exp(-(2.2 + harmonic * 1.1) / SAMPLE_RATE) : shape === 'bass' ? Math.exp(-1.6 / SAMPLE_RATE) : 1;
    // A resonator makes the sine with one multiplication a sample.
    let before = Math.sin(-omega + harmonic);
    let now = Math.sin(harmonic);
    let level = weight;
    for (let i = 0; i < count; i += 1) {
      const next = turn * now - before;
      before = now;
      now = next;
      level *= decay;
      const attack = shape === 'pad' ? Math.min(1, i / (0.35 * SAMPLE_RATE)) : Math.min(1, i / (0.004 * SAMPLE_RATE));
      const release = Math.min(1, (count - i) / (0.12 * SAMPLE_RATE));
      const value = now * level * attack * release;
      const at = (first + i) * 2;
      sound[at] = (sound[at] as number) + value * left;
      sound[at + 1] = (sound[at + 1] as number) + value * right;
    }
  }
}

function addDrum(sound: Sound, start: number, isKick: boolean, random: () => number): void {
  const first = Math.floor(start * SAMPLE_RATE);
  const count = Math.min(Math.floor((isKick ? 0.28 : 0.07) * SAMPLE_RATE), sound.length / 2 - first);
  let phase = 0;
  for (let i = 0; i < count; i += 1) {
    const t = i / SAMPLE_RATE;
    phase += (2 * Math.PI * (46 + 90 * Math.exp(-t * 34))) / SAMPLE_RATE;
    const value = isKick ? Math.sin(phase) * Math.exp(-t * 13) * 0.5 : (random() - 0.5) * Math.exp(-t * 62) * 0.17;
    const at = (first + i) * 2;
    sound[at] = (sound[at] as number) + value;
    sound[at + 1] = (sound[at + 1] as number) + value;
  }
}

/** A hall: crossed feedback echoes of unequal length. */
function addRoom(sound: Sound): void {
  for (const [delay, gain] of [
    [0.0711, 0.25],
    [0.1237, 0.22],
    [0.197, 0.18],
  ] as const) {
    const offset = Math.floor(delay * SAMPLE_RATE) * 2;
    for (let i = offset; i < sound.length; i += 1) sound[i] = (sound[i] as number) + (sound[(i ^ 1) - offset] as number) * gain;
  }
}

/** Brings the loudest sample to `peak` and fades both ends. */
function level(sound: Sound, peak: number): Sound {
  let loudest = 1e-6;
  for (const value of sound) loudest = Math.max(loudest, Math.abs(value));
  const fade = 0.25 * SAMPLE_RATE * 2;
  for (let i = 0; i < sound.length; i += 1) {
    sound[i] = ((sound[i] as number) / loudest) * peak * Math.min(1, i / 2000) * Math.min(1, (sound.length - i) / fade);
  }
  return sound;
}

/** Plays a tune for some seconds: chords, plucked notes, bass and, where the tune has one, a beat. */
export function playTune(tune: Tune, seconds: number): Sound {
  const sound: Sound = new Float32Array(Math.floor(seconds * SAMPLE_RATE) * 2);
  const random = createRandom(tune.seed);
  const beat = 60 / tune.beatsPerMinute;
  for (let bar = 0; bar * beat * 4 < seconds; bar += 1) {
    const start = bar * beat * 4;
    const chord = tune.chords[bar % tune.chords.length] ?? [];
    chord.forEach((note, i) => {
      addTone(sound, start, beat * 4, note, 0.1, 0.25 + i * 0.12, 'pad');
    });
    addTone(sound, start, beat * 3.8, (chord[0] ?? 48) - 12, 0.24, 0.5, 'bass');
    for (let step = 0; step < 8; step += 1) {
      const note = chord[(step * 2 + bar) % chord.length] ?? 60;
      if (random() < 0.85) addTone(sound, start + step * beat * 0.5, 1.1, note + 12, 0.11 + random() * 0.05, 0.3 + random() * 0.4, 'pluck');
      if (tune.hasBeat && step % 2 === 0) addDrum(sound, start + step * beat * 0.5, step % 4 === 0, random);
      if (tune.hasBeat) addDrum(sound, start + (step * 0.5 + 0.25) * beat, false, random);
    }
  }
  addRoom(sound);
  return level(sound, 0.72);
}

/** Wind or surf: filtered noise that swells. */
export function playSurf(seconds: number, seed: number): Sound {
  const sound: Sound = new Float32Array(Math.floor(seconds * SAMPLE_RATE) * 2);
  const random = createRandom(seed);
  const low = [0, 0];
  for (let i = 0; i < sound.length; i += 1) {
    const t = i / 2 / SAMPLE_RATE;
    const swell = 0.35 + 0.65 * Math.max(0, Math.sin(t * 1.3 + (i % 2) * 0.4)) ** 2;
    const side = i % 2;
    low[side] = (low[side] as number) + ((random() - 0.5) * swell - (low[side] as number)) * 0.09;
    sound[i] = low[side] as number;
  }
  return level(sound, 0.4);
}

/** Lays `voice` over `bed` from `start` seconds on and turns the bed down under it. */
export function speakOver(bed: Sound, voice: Sound, start: number): Sound {
  const mixed: Sound = bed.map((value) => value * 0.45);
  const offset = Math.floor(start * SAMPLE_RATE) * 2;
  for (let i = 0; i < voice.length && offset + i < mixed.length; i += 1)
    mixed[offset + i] = (mixed[offset + i] as number) + (voice[i] as number);
  return level(mixed, 0.85);
}
