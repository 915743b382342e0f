import { IN_FIREFOX } from "../browsers/firefox.ts";
import { launchOptions } from "./chromium.ts";
import { test } from "./figures.ts";
import { expect } from "./live.ts";

test.use({ launchOptions: launchOptions("beeps") });

const rms = (pcm: Int16Array): number =>
  Math.sqrt(pcm.reduce((sum, sample) => sum + sample * sample, 0) / pcm.length);

test("the microphone arrives at 16 kHz in chunks of 20 ms, without a hole", async ({
  live,
  recorder,
}) => {
  await live.start();
  await expect.poll(() => recorder.sound.length).toBeGreaterThan(160);

  const sound = recorder.sound.slice(0, 160);

  expect(new Set(sound.map(({ pcm }) => pcm.length))).toEqual(new Set([320]));
  // Beeps start every 500 ms, which is every 25 chunks if the rate is right and none is missing.
  const loud = sound.map(({ pcm }) => rms(pcm) > 800);
  const onsets = loud.flatMap((is, at) => (is && loud[at - 1] === false ? [at] : []));
  expect(onsets.length).toBeGreaterThan(4);
  const off = onsets.slice(1).map((onset, at) => Math.abs(onset - (onsets[at] ?? 0) - 25));
  // Firefox's microphone is played in real time, so a busy machine makes holes in it; Chromium's is a file.
  const worst = off.toSorted((a, b) => a - b).at(IN_FIREFOX ? Math.floor(off.length / 2) : -1);
  expect(worst).toBeLessThanOrEqual(1);
});

test(
  "an interruption is silence, and late sound of that turn is not heard",
  { tag: "@short" },
  async ({ live, recorder }) => {
    await live.start();
    await live.page.evaluate(() => window.harness.listen());
    recorder.sing(3);
    await live.event("audio", ({ playing }) => playing);
    await expect.poll(async () => (await live.heard("speaker")).length).toBe(1);

    recorder.say({ serverContent: { interrupted: true } });
    recorder.sing(1);
    recorder.say({ serverContent: { turnComplete: true } });

    await live.event("interrupted");
    await live.event("audio", ({ playing }) => !playing);
    await expect.poll(async () => (await live.heard("speaker")).length).toBe(2);
    const [, silence] = await live.heard("speaker");
    expect(silence?.loud).toBe(false);
    recorder.sing(0.2);
    await expect.poll(async () => (await live.heard("speaker")).length).toBe(4);
  },
);

test("the first interruption by the page is silence too", async ({ live, recorder }) => {
  await live.start();
  await live.page.evaluate(() => window.harness.listen());
  recorder.sing(3);
  await expect.poll(async () => (await live.heard("speaker")).length).toBe(1);

  await live.page.evaluate(() => window.harness.talk.interrupt());

  await expect.poll(async () => (await live.heard("speaker")).length).toBe(2);
});
