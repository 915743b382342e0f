/** `npm run bench`: how long sound takes; fails at twice the target. */

import { launchOptions } from "./chromium.ts";
import { report, test } from "./figures.ts";
import { expect, type LivePage } from "./live.ts";
import type { Recorder } from "./recorder.ts";

const ROUNDS = 25;

test.use({ launchOptions: launchOptions("drifting") });

const loud = (pcm: Int16Array): boolean => pcm.some((sample) => Math.abs(sample) > 130);

/** From the first loud sample in the audio graph to the chunk that has it, received. */
async function microphone(live: LivePage, recorder: Recorder): Promise<number[]> {
  const from = Date.now();
  await expect
    .poll(async () => onsets(await live.heard("microphone"), from).length, { timeout: 60_000 })
    .toBeGreaterThan(ROUNDS);
  const chunks = recorder.sound.filter(({ at }) => at >= from);
  const arrived = chunks.filter(
    ({ pcm }, i) => loud(pcm) && !chunks.slice(Math.max(0, i - 5), i).some((c) => loud(c.pcm)),
  );
  return onsets(await live.heard("microphone"), from).flatMap(({ at }) => {
    const chunk = arrived.find((other) => other.at >= at - 5 && other.at < at + 200);
    return chunk === undefined ? [] : [chunk.at - at];
  });
}

function onsets(heard: readonly { loud: boolean; at: number }[], from: number): { at: number }[] {
  const after = heard.filter(({ at }) => at >= from);
  return after.filter(
    ({ loud: is, at }, i) => is && after.slice(0, i).every((e) => !e.loud || at - e.at > 300),
  );
}

/** Sound out, then an interruption, again and again. */
async function speaker(
  live: LivePage,
  recorder: Recorder,
): Promise<{ rendered: number[]; silenced: number[] }> {
  const rendered: number[] = [];
  const silenced: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = (await live.heard("speaker")).length;
    const sung = recorder.sing(2);
    await expect
      .poll(async () => (await live.heard("speaker")).length, { intervals: [40] })
      .toBe(before + 1);
    const interrupted = recorder.say({ serverContent: { interrupted: true } });
    recorder.say({ serverContent: { turnComplete: true } });
    await expect
      .poll(async () => (await live.heard("speaker")).length, { intervals: [40] })
      .toBe(before + 2);
    const [loudAt, quietAt] = (await live.heard("speaker")).slice(before);
    rendered.push((loudAt?.at ?? Number.NaN) - sung);
    silenced.push((quietAt?.at ?? Number.NaN) - interrupted);
  }
  return { rendered, silenced };
}

for (const jammed of [false, true]) {
  test(`sound, the page ${jammed ? "jammed 150 of every 400 ms" : "idle"}`, async ({
    live,
    recorder,
  }) => {
    await live.start();
    await live.page.evaluate(() => window.harness.listen());
    await live.page.evaluate((on) => window.harness.jam(on), jammed);
    const note = jammed ? "jammed" : "idle";

    report("mic -> wire", note, await microphone(live, recorder));
    const { rendered, silenced } = await speaker(live, recorder);
    report("wire -> rendered", note, rendered);
    report("interruption -> silence", note, silenced);
  });
}
