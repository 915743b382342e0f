/** What the benches share: targets, a recorder for Gemini, and how figures are printed. */

import { expect, test as livePage } from "./live.ts";
import { Recorder } from "./recorder.ts";

/** Milliseconds: the targets of median and 95th percentile. */
const TARGETS = {
  "mic -> wire": [22, 35],
  "wire -> rendered": [8, 20],
  "interruption -> silence": [10, 20],
  "planned reconnect, hole": [20, 20],
  "unplanned reconnect, beyond setup": [250, 250],
} as const;

export const test = livePage.extend<{ recorder: Recorder }>({
  recorder: async ({ live }, use) => {
    const recorder = await Recorder.start();
    await live.page.evaluate((url) => {
      window.harness.alter = (_path, answer) => {
        if (answer.connect) (answer.connect as { url: string }).url = url;
      };
    }, recorder.url);
    await use(recorder);
    await recorder.stop();
  },
});

export function report(what: keyof typeof TARGETS, note: string, values: readonly number[]): void {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
  const [p50, p95] = [at(0.5), at(0.95)];
  const [target50, target95] = TARGETS[what];
  const figures = `p50 ${p50.toFixed(1).padStart(6)}  p95 ${p95.toFixed(1).padStart(6)} ms`;
  process.stdout.write(
    `${what.padEnd(34)} ${note.padEnd(9)} ${figures}  target ${target50} / ${target95}  n=${values.length}\n`,
  );
  expect(p50, `${what}, p50`).toBeLessThanOrEqual(2 * target50);
  expect(p95, `${what}, p95`).toBeLessThanOrEqual(2 * target95);
}
