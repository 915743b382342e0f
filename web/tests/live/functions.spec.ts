/**
 * README's app, on a port of its own, as its developer serves it: it signs in at `make run`, which names no
 * origin, and answers the functions that the operator declared.
 */

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "@playwright/test";
import { BROWSER, launchOptions, MISSING } from "./chromium.ts";
import { Emulated } from "./emulated.ts";

const README = resolve(import.meta.dirname, "../../../README.md");
const DECLARED = [
  {
    name: "slow_report",
    behavior: "NON_BLOCKING",
    parameters: { type: "OBJECT", properties: { topic: { type: "STRING" } } },
  },
  { name: "long_search", behavior: "BLOCKING" },
];

let emulated: Emulated;
test.skip(MISSING, `no ${BROWSER}`);
test.use({ launchOptions: launchOptions("silent") });
test.beforeAll(async () => {
  emulated = await Emulated.start("", { LIVE_API_TOOLS: JSON.stringify(DECLARED) });
  await emulated.reset();
});
test.afterAll(async () => emulated.stop());

test(
  "an app of twenty lines answers its own functions, one slow and one cancelled",
  { tag: "@short" },
  async ({ page }) => {
    await page.goto(`${process.env.LIVEPASS_PAGE}/app.html?api=${emulated.url}`);
    await page.getByRole("button").click();
    await expect.poll(async () => (await emulated.journal("setup")).length).toBe(1);
    const told = page.locator("body");

    await emulated.say("slow report for the board");
    await expect(told).toContainText("slow_report: page 1");
    await expect(told).toContainText("slow_report: page 2");
    await expect(told).toContainText("slow_report: done");

    await emulated.say("long search please");
    await expect.poll(async () => (await emulated.journal("tool_call")).length).toBe(2);
    await emulated.say("never mind");
    await expect(told).toContainText("stopped");

    const answers = (await emulated.journal("message")).map(({ message }) => JSON.stringify(message));
    const sent = answers.filter((message) => message.includes("toolResponse"));
    expect(sent.length).toBe(1);
    expect(sent[0]).toContain('"output":"on the board"');
  },
);

test("it is twenty lines, without imports and blank ones", { tag: "@short" }, () => {
  const [, app = ""] = readFileSync(README, "utf8").match(/^```ts\n(.*?)^```$/ms) ?? [];

  const lines = app.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("import "));

  expect(app).toContain("LiveTalk.create");
  expect(lines.length).toBeLessThanOrEqual(20);
});
