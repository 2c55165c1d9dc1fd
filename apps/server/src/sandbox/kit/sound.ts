import { createHash } from 'node:crypto';

export type SoundOrder = {
  seconds: number;
  prompt: string;
  sampleRate?: number;
};

/** SANDBOX in Morse code: what a stand-in made is heard to be one. */
const MORSE = '... .- -. -.. -... --- -..-';
const DOT_S = 0.06;

/**
 * A WAV of exactly this length: 16 bits, one channel, two soft notes that follow from the prompt, with SANDBOX in Morse code over them
 * and in the file's title. The same order always gives the same bytes.
 */
export function sound({ seconds, prompt, sampleRate = 24_000 }: SoundOrder): Buffer {
  const count = Math.round(seconds * sampleRate);
  const seed = createHash('sha256').update(prompt).digest();
  const notes = [180 + (seed[0] ?? 0), 260 + (seed[1] ?? 0)];
  const beeps = beepsOf();
  const samples = Buffer.alloc(count * 2);
  for (let n = 0; n < count; n += 1) {
    const t = n / sampleRate;
    const chord = notes.reduce((sum, hz) => sum + Math.sin(2 * Math.PI * hz * t), 0) * 0.12;
    const beep = beeps[Math.floor(t / DOT_S) % beeps.length] ? Math.sin(2 * Math.PI * 880 * t) * 0.2 : 0;
    samples.writeInt16LE(Math.round((chord + beep) * 32_767), n * 2);
  }
  return wav(samples, sampleRate);
}

/** On or off for each dot's time: a dash is three dots, letters are three apart, the word ends with seven. */
function beepsOf(): boolean[] {
  const on = [...MORSE].flatMap((sign) => (sign === ' ' ? [false, false] : [...Array<boolean>(sign === '-' ? 3 : 1).fill(true), false]));
  return [...on, ...Array<boolean>(6).fill(false)];
}

const chunk = (id: string, body: Buffer): Buffer => {
  const head = Buffer.alloc(8);
  head.write(id, 0, 'latin1');
  head.writeUInt32LE(body.length, 4);
  return Buffer.concat([head, body, Buffer.alloc(body.length % 2)]);
};

/** RIFF/WAVE with the title in a LIST chunk. */
function wav(samples: Buffer, sampleRate: number): Buffer {
  const format = Buffer.alloc(16);
  format.writeUInt16LE(1, 0);
  format.writeUInt16LE(1, 2);
  format.writeUInt32LE(sampleRate, 4);
  format.writeUInt32LE(sampleRate * 2, 8);
  format.writeUInt16LE(2, 12);
  format.writeUInt16LE(16, 14);
  const title = chunk('LIST', Buffer.concat([Buffer.from('INFO', 'latin1'), chunk('INAM', Buffer.from('SANDBOX\0', 'latin1'))]));
  return chunk('RIFF', Buffer.concat([Buffer.from('WAVE', 'latin1'), chunk('fmt ', format), title, chunk('data', samples)]));
}
