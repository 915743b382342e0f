import { launchOptions } from "./chromium.ts";
import { expect, test } from "./live.ts";

test.use({ launchOptions: launchOptions("silent", { allow: false }) });

test("nothing is counted", { tag: "@short" }, async ({ live, context }) => {
  await context.grantPermissions([]); // which denies all others

  await live.tap();

  const { detail } = await live.event("error");
  expect(detail.error).toMatchObject({ code: "microphone-denied" });
  expect(await live.requests()).toEqual([]);
  const limits = await live.page.evaluate(() => window.harness.tokens.limits());
  expect([limits.hour.used, limits.sessions.active]).toEqual([0, 0]);
});

test("one can talk in writing", async ({ live, context }) => {
  await context.grantPermissions([]);
  await live.start({ microphone: null });

  await live.page.evaluate(() => window.harness.talk.sendText("Good morning"));

  await live.event("transcript", ({ entry }) => entry.text.includes("You wrote: Good morning"));
});
