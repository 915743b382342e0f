/** `npm run bench`: how long a change of connections takes; fails at twice the target. */

import { launchOptions } from "./chromium.ts";
import { report, test } from "./figures.ts";
import { expect } from "./live.ts";

const SETUP_MS = 120;
const PLANNED = 8;
/** Each after ten seconds of talk: sooner, failures add up to a wait. */
const UNPLANNED = 5;

test.use({ launchOptions: launchOptions("silent") });

test("a planned reconnect", async ({ live, recorder }) => {
  recorder.setupMs = SETUP_MS;
  await live.start();
  const holes: number[] = [];
  for (let round = 0; round < PLANNED; round++) {
    await live.page.waitForTimeout(1000);
    recorder.say({ goAway: { timeLeft: "60s" } });
    await expect
      .poll(async () => (await live.events("reconnected")).length, { timeout: 30_000 })
      .toBe(round + 1);
    await live.page.waitForTimeout(300);
    const { sound } = recorder;
    const first = sound.findIndex(({ socket }) => socket === round + 2);
    holes.push((sound[first]?.at ?? Number.NaN) - (sound[first - 1]?.at ?? 0) - 20);
  }
  const { captured, sent, repeated, lost } = await live.stats();
  expect(lost).toBe(0);
  expect(Math.abs(sent - captured - repeated)).toBeLessThan(2);
  report("planned reconnect, hole", "idle", holes);
});

test("an unplanned reconnect", async ({ live, recorder }) => {
  recorder.setupMs = SETUP_MS;
  await live.start();
  const took: number[] = [];
  for (let round = 0; round < UNPLANNED; round++) {
    await live.page.waitForTimeout(10_100); // proven: else failures add up
    const cut = recorder.cut();
    await expect.poll(() => recorder.sound.some(({ socket }) => socket === round + 2)).toBe(true);
    const first = recorder.sound.find(({ socket }) => socket === round + 2);
    took.push((first?.at ?? Number.NaN) - cut - SETUP_MS);
  }
  expect((await live.stats()).lost).toBe(0);
  expect(await live.requests()).toEqual(["POST /live-token"]);
  report("unplanned reconnect, beyond setup", "idle", took);
});
