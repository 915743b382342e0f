/** Debian's Chromium, with a microphone that plays a recording. */

import { existsSync } from "node:fs";
import { join } from "node:path";

export const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
export const MISSING = !existsSync(CHROMIUM);
const DIST = join(import.meta.dirname, "dist");

/**
 * Seconds of silence and of speech, in turn; they come again at the end, so that a slow start
 * misses nothing for good.
 */
export const RECORDINGS = {
  /** Says something, is quiet while it is answered, and says it again. */
  now_and_then: [1.5, 0.7, 6],
  /** Says something, and speaks again while it is answered. */
  interrupts: [0.5, 2, 2.4, 0.8, 6],
  /** Says one long sentence. */
  long: [5, 5, 8],
  /** Says nothing. */
  silent: [10],
  /** A beep every half second. */
  beeps: [0.4, 0.1],
  /** A beep at every place within a chunk: 507 ms are not a number of chunks. */
  drifting: [0.4, 0.107],
} as const;
export type Recording = keyof typeof RECORDINGS;

export function recordingPath(name: Recording): string {
  return join(DIST, `${name}.wav`);
}

export function launchOptions(recording: Recording, allow = true): object {
  return {
    executablePath: CHROMIUM,
    args: [
      "--no-sandbox",
      "--use-fake-device-for-media-stream=device-count=2",
      `--use-file-for-fake-audio-capture=${recordingPath(recording)}`,
      ...(allow ? ["--use-fake-ui-for-media-stream"] : []),
    ],
  };
}
