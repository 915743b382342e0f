/** Measures how long sound takes through the client, and how long a reconnect takes. */

import { expect, type LivePage } from "./live.ts";
import type { Recorder } from "./recorder.ts";

const loud = (pcm: Int16Array): boolean => pcm.some((sample) => Math.abs(sample) > 130);

/** From the first loud sample in the audio graph to the arrival of its chunk. */
export async function microphone(live: LivePage, recorder: Recorder, rounds: number): Promise<number[]> {
  const from = Date.now();
  await expect
    .poll(async () => onsets(await live.heard("microphone"), from).length, { timeout: 60_000 })
    .toBeGreaterThan(rounds);
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

/** Plays sound, then interrupts it, repeatedly. */
export async function speaker(
  live: LivePage,
  recorder: Recorder,
  rounds: number,
): Promise<{ rendered: number[]; silenced: number[] }> {
  const rendered: number[] = [];
  const silenced: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const before = (await live.heard("speaker")).length;
    await anyMoment();
    const sung = recorder.sing(2);
    await hears(live, before + 1);
    await anyMoment();
    const interrupted = recorder.say({ serverContent: { interrupted: true } });
    recorder.say({ serverContent: { turnComplete: true } });
    await hears(live, before + 2);
    const [loudAt, quietAt] = (await live.heard("speaker")).slice(before);
    rendered.push((loudAt?.at ?? Number.NaN) - sung);
    silenced.push((quietAt?.at ?? Number.NaN) - interrupted);
  }
  return { rendered, silenced };
}

async function hears(live: LivePage, changes: number): Promise<void> {
  const heard = expect.poll(async () => (await live.heard("speaker")).length, { intervals: [40] });
  await heard.toBe(changes);
}

/**
 * Sound is rendered in blocks of 10 ms. Polling every 40 ms would start all rounds of a run at the same
 * point in a block, and the median would be anything from 2 to 10 ms, by chance.
 */
async function anyMoment(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, Math.random() * 40));
}

/** Replaces connections on goAway, and measures the gaps in the sound. */
export async function planned(live: LivePage, recorder: Recorder, rounds: number): Promise<number[]> {
  const holes: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const changed = (await live.events("reconnected")).length;
    await live.page.waitForTimeout(1000);
    recorder.say({ goAway: { timeLeft: "60s" } });
    await expect
      .poll(async () => (await live.events("reconnected")).length, { timeout: 30_000 })
      .toBe(changed + 1);
    await live.page.waitForTimeout(300);
    const { sound } = recorder;
    const first = sound.findIndex(({ socket }) => socket === changed + 2);
    holes.push((sound[first]?.at ?? Number.NaN) - (sound[first - 1]?.at ?? 0) - 20);
  }
  const { captured, sent, repeated, lost } = await live.stats();
  expect(lost).toBe(0);
  expect(Math.abs(sent - captured - repeated)).toBeLessThan(2);
  return holes;
}
