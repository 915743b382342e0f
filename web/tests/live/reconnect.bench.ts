/** `npm run bench`, and `bench:short`: how long a reconnect takes; targets as for sound. */

import { launchOptions } from "./chromium.ts";
import { report, reportBest, test } from "./figures.ts";
import { expect } from "./live.ts";
import { planned } from "./measure.ts";

const SETUP_MS = 120;
const PLANNED = 8;
/** Each after ten seconds, because earlier failures add up to a wait. */
const UNPLANNED = 5;

test.use({ launchOptions: launchOptions("silent") });

test("a planned reconnect", async ({ live, recorder }) => {
  recorder.setupMs = SETUP_MS;
  await live.start();

  report("planned reconnect, hole", "idle", await planned(live, recorder, PLANNED));
});

test("an unplanned reconnect", async ({ live, recorder }) => {
  recorder.setupMs = SETUP_MS;
  await live.start();
  const took: number[] = [];
  for (let round = 0; round < UNPLANNED; round++) {
    await live.page.waitForTimeout(10_100); // proven, so failures do not add up
    const cut = recorder.cut();
    await expect.poll(() => recorder.sound.some(({ socket }) => socket === round + 2)).toBe(true);
    const first = recorder.sound.find(({ socket }) => socket === round + 2);
    took.push((first?.at ?? Number.NaN) - cut - SETUP_MS);
  }
  expect((await live.stats()).lost).toBe(0);
  expect(await live.requests()).toEqual(["POST /live-token"]);
  report("unplanned reconnect, beyond setup", "idle", took);
});

test("a planned reconnect, in short", { tag: "@short" }, async ({ live, recorder }) => {
  await live.start();

  await reportBest("idle", async () => ({
    "planned reconnect, hole": await planned(live, recorder, 3),
  }));
});
