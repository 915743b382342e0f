import { launchOptions } from "./chromium.ts";
import { expect, test } from "./live.ts";

test.use({ launchOptions: launchOptions("long") });

test("a sentence that a broken connection cuts in two is heard as one", async ({ live }) => {
  await live.gemini.set({ handle_interval_s: 0.2 });
  await live.start();
  await live.page.evaluate(() => window.harness.listen());
  const begins = expect.poll(async () => (await live.heard("microphone")).length, {
    timeout: 30_000,
  });
  await begins.toBeGreaterThan(0);
  const { sent } = await live.stats();
  await expect.poll(async () => (await live.stats()).sent).toBeGreaterThan(sent + 60);

  await live.gemini.fault({ on: "open", do: "cut" });

  await live.event("reconnected", ({ resumed }) => resumed);
  const [whole] = await live.journal("utterance");
  // Five seconds of speech and the pause that ends it.
  expect(Number(whole?.seconds)).toBeGreaterThan(5);
  const { lost, repeated } = await live.stats();
  expect(lost).toBe(0);
  expect(repeated).toBeGreaterThan(20);
});
