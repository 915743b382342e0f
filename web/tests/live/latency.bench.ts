/** `npm run bench`, and `bench:short`: how long sound takes; fails at twice the target. */

import { launchOptions } from "./chromium.ts";
import { report, reportBest, test } from "./figures.ts";
import { microphone, speaker } from "./measure.ts";

const ROUNDS = 25;

test.use({ launchOptions: launchOptions("drifting") });

for (const jammed of [false, true]) {
  test(`sound, the page ${jammed ? "jammed 150 of every 400 ms" : "idle"}`, async ({
    live,
    recorder,
  }) => {
    await live.start();
    await live.page.evaluate(() => window.harness.listen());
    await live.page.evaluate((on) => window.harness.jam(on), jammed);
    const note = jammed ? "jammed" : "idle";

    report("mic -> wire", note, await microphone(live, recorder, ROUNDS));
    const { rendered, silenced } = await speaker(live, recorder, ROUNDS);
    report("wire -> rendered", note, rendered);
    report("interruption -> silence", note, silenced);
  });
}

test("sound, in short", { tag: "@short" }, async ({ live, recorder }) => {
  await live.start();
  await live.page.evaluate(() => window.harness.listen());

  await reportBest("idle", async () => {
    const heard = await microphone(live, recorder, 7);
    const { rendered, silenced } = await speaker(live, recorder, 7);
    return { "mic -> wire": heard, "wire -> rendered": rendered, "interruption -> silence": silenced };
  });
});
