import { launchOptions } from "./chromium.ts";
import { expect, test } from "./live.ts";

test.use({ launchOptions: launchOptions("interrupts") });

test("who speaks over Gemini is listened to, and the transcript shows it", async ({ live }) => {
  await live.start();
  await live.page.evaluate(() => window.harness.listen());

  // The recording repeats every 12 s, in case the machine is too slow for it once.
  const { at } = await live.event("interrupted", () => true, 40_000);

  const cut = await live.event("transcript", ({ entry }) => entry.interrupted);
  expect(cut.detail.entry).toMatchObject({ who: "model", final: true });
  await live.event("audio", ({ playing }) => !playing);
  const silence = (await live.heard("speaker")).find((heard) => !heard.loud && heard.at > at - 100);
  expect((silence?.at ?? Number.NaN) - at).toBeLessThan(200);
  await live.journal("utterance", 2);
  await expect
    .poll(async () => (await live.events("audio")).filter(({ detail }) => detail.playing).length)
    .toBe(2);
});
