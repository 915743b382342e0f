/** Debian's Chromium, or Firefox, with a microphone that plays a recording. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import type { LaunchOptions } from "@playwright/test";
import { firefox, IN_FIREFOX, missingForFirefox, type Wishes } from "../browsers/firefox.ts";

export const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
export const BROWSER = IN_FIREFOX ? "Firefox" : "Chromium";
export const MISSING = IN_FIREFOX ? missingForFirefox().length > 0 : !existsSync(CHROMIUM);
const DIST = join(import.meta.dirname, "dist");

/** Alternating seconds of silence and speech. They repeat, so a slow start misses nothing for good. */
export const RECORDINGS = {
  /** Says something, waits for the answer, and says it again. */
  now_and_then: [1.5, 0.7, 6],
  /** Says something, and interrupts the answer. */
  interrupts: [0.5, 2, 2.4, 0.8, 6],
  /** Says one long sentence. */
  long: [5, 5, 8],
  /** Says nothing. */
  silent: [10],
  /** A beep every half second. */
  beeps: [0.4, 0.1],
  /** Beeps at every position within a chunk, because 507 ms are not a whole number of chunks. */
  drifting: [0.4, 0.107],
} as const;
export type Recording = keyof typeof RECORDINGS;

export function recordingPath(name: Recording): string {
  return join(DIST, `${name}.wav`);
}

export function launchOptions(recording: Recording, wishes: Wishes = {}): LaunchOptions {
  if (IN_FIREFOX) return firefox(recordingPath(recording), wishes);
  return {
    executablePath: CHROMIUM,
    args: [
      "--no-sandbox",
      "--use-fake-device-for-media-stream=device-count=2",
      `--use-file-for-fake-audio-capture=${recordingPath(recording)}`,
      ...((wishes.allow ?? true) ? ["--use-fake-ui-for-media-stream"] : []),
    ],
  };
}
