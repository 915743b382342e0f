import { launchOptions } from "./chromium.ts";
import { expect, test } from "./live.ts";

test.use({ launchOptions: launchOptions("silent", { twoMicrophones: true }) });

test("one microphone is exchanged for another in the middle of a talk", async ({ live }) => {
  await live.start();
  const { microphones, microphone } = await live.page.evaluate(() => window.harness.talk.devices());
  const other = microphones.find(({ id }) => id !== microphone && id !== "default");

  await live.page.evaluate((id) => window.harness.talk.setMicrophone(id), other?.id ?? "");

  await live.event("devices", ({ microphone: now }) => now === other?.id);
  const { sent } = await live.stats();
  await expect.poll(async () => (await live.stats()).sent).toBeGreaterThan(sent + 20);
});
