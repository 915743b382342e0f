/** Makes recordings for Chromium's fake microphone: 48 kHz, mono, 16-bit. */

import { writeFileSync } from "node:fs";

const RATE = 48_000;

/** Alternating seconds of silence and speech, beginning with silence. */
export function writeWav(path: string, seconds: readonly number[]): void {
  const samples = seconds.flatMap((length, index) => {
    const count = Math.round(length * RATE);
    return Array.from({ length: count }, (_, at) => (index % 2 === 0 ? 0 : voice(at / RATE)));
  });
  const data = Int16Array.from(samples, (sample) => Math.round(sample * 32767));
  const header = Buffer.alloc(44);
  header.write("RIFF", 0);
  header.writeUInt32LE(36 + data.byteLength, 4);
  header.write("WAVEfmt ", 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(RATE, 24);
  header.writeUInt32LE(RATE * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write("data", 36);
  header.writeUInt32LE(data.byteLength, 40);
  writeFileSync(path, Buffer.concat([header, Buffer.from(data.buffer)]));
}

/**
 * Like a voice: harmonics of a wavering pitch, in syllables. A steady tone would be removed as noise.
 */
function voice(at: number): number {
  const phase = 2 * Math.PI * (160 * at - 3 * Math.cos(2 * Math.PI * 3 * at));
  const tone = [1, 0.7, 0.5, 0.4, 0.3].reduce(
    (sum, gain, i) => sum + gain * Math.sin(phase * (i + 1)),
    0,
  );
  return 0.2 * tone * (0.65 + 0.35 * Math.sin(2 * Math.PI * 5 * at));
}
