import ESpeakNg from 'espeak-ng';
import { SAMPLE_RATE, type Sound } from './sound.ts';

export type Language = 'en' | 'ru';

/** Samples of a mono 16-bit WAV file, as eSpeak NG writes it, and their rate. */
function readWave(bytes: Uint8Array): { rate: number; samples: Int16Array } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const rate = view.getUint32(24, true);
  const samples = new Int16Array((bytes.byteLength - 44) >> 1);
  for (let i = 0; i < samples.length; i += 1) samples[i] = view.getInt16(44 + i * 2, true);
  return { rate, samples };
}

/** Speaks a sentence; the answer is as long as the sentence. */
export async function speak(text: string, language: Language, wordsPerMinute = 155): Promise<Sound> {
  const machine = await ESpeakNg({
    arguments: [
      '-w',
      'speech.wav',
      '-v',
      language === 'en' ? 'en-us' : 'ru',
      '-s',
      String(wordsPerMinute),
      '-p',
      language === 'en' ? '42' : '38',
      text,
    ],
  });
  const { rate, samples } = readWave(machine.FS.readFile('speech.wav'));
  const count = Math.floor((samples.length * SAMPLE_RATE) / rate);
  const sound: Sound = new Float32Array(count * 2);
  for (let i = 0; i < count; i += 1) {
    const at = (i * rate) / SAMPLE_RATE;
    const first = Math.floor(at);
    const a = samples[first] ?? 0;
    const value = (a + ((samples[first + 1] ?? a) - a) * (at - first)) / 32768;
    sound[i * 2] = value;
    sound[i * 2 + 1] = value;
  }
  return sound;
}
