import { launchOptions } from "./chromium.ts";
import { expect, test } from "./live.ts";

test.use({ launchOptions: launchOptions("long") });

test("a sentence that a broken connection cuts in two is heard as one", async ({ live }) => {
  await live.gemini.set({ handle_interval_s: 0.2 });
  await live.start();
  await live.page.evaluate(() => window.harness.listen());
  // From its beginning: what is heard first may be the rest of one.
  const heard = async (): Promise<boolean[]> => (await live.heard("microphone")).map(({ loud }) => loud);
  const begins = expect.poll(async () => (await heard()).join(), { timeout: 60_000 });
  await begins.toContain("false,true");
  const { sent } = await live.stats();
  await expect.poll(async () => (await live.stats()).sent).toBeGreaterThan(sent + 60);

  await live.gemini.fault({ on: "open", do: "cut" });

  await live.event("reconnected", ({ resumed }) => resumed);
  // Five seconds of speech and the pause that ends it.
  const longest = async (): Promise<number> =>
    Math.max(...(await live.journal("utterance")).map(({ seconds }) => Number(seconds)));
  await expect.poll(longest).toBeGreaterThan(5);
  const { lost, repeated } = await live.stats();
  expect(lost).toBe(0);
  expect(repeated).toBeGreaterThan(20);
});
