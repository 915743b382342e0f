/** A recording for the fake microphone: someone speaks, waits, and interrupts the answer. */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const RATE = 48_000;
/** Alternating seconds of silence and voice, repeated forever. */
const PARTS = [0.8, 2.6, 1.9, 1.2, 9];

export function recording(folder: string): string {
  const path = join(folder, "speech.wav");
  if (existsSync(path)) return path;
  const samples = Int16Array.from(
    PARTS.flatMap((seconds, index) => [...part(seconds, index % 2 === 1)]),
  );
  writeFileSync(path, Buffer.concat([header(samples.byteLength), Buffer.from(samples.buffer)]));
  return path;
}

function* part(seconds: number, voiced: boolean): Generator<number> {
  for (let n = 0; n < seconds * RATE; n += 1) {
    const t = n / RATE;
    const syllable = 0.6 + 0.4 * Math.sin(2 * Math.PI * 4 * t);
    yield voiced
      ? Math.round(9000 * syllable * Math.sin(2 * Math.PI * (180 + 20 * Math.sin(3 * t)) * t))
      : 0;
  }
}

function header(bytes: number): Buffer {
  const head = Buffer.alloc(44);
  head.write("RIFF", 0);
  head.writeUInt32LE(36 + bytes, 4);
  head.write("WAVEfmt ", 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(RATE, 24);
  head.writeUInt32LE(RATE * 2, 28);
  head.writeUInt16LE(2, 32);
  head.writeUInt16LE(16, 34);
  head.write("data", 36);
  head.writeUInt32LE(bytes, 40);
  return head;
}
