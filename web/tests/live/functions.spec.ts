/**
 * An app on a port of its own, as its developer serves it: it signs in at `make run`, which names no
 * origin, and answers the functions that the operator declared.
 */

import { expect, test, type Page } from "@playwright/test";
import { launchOptions, MISSING } from "./chromium.ts";
import { Emulated } from "./emulated.ts";

const DECLARED = [
  {
    name: "slow_report",
    behavior: "NON_BLOCKING",
    parameters: { type: "OBJECT", properties: { topic: { type: "STRING" } } },
  },
  { name: "long_search", behavior: "BLOCKING" },
  { name: "late_answer", behavior: "NON_BLOCKING" },
  { name: "open_door", behavior: "NON_BLOCKING" }, // has no handler
];

let emulated: Emulated;
test.skip(MISSING, "there is no Chromium");
test.use({ launchOptions: launchOptions("silent") });
test.beforeAll(async () => {
  emulated = await Emulated.start("", { LIVE_API_TOOLS: JSON.stringify(DECLARED) });
  await emulated.reset();
});
test.afterAll(async () => emulated.stop());

async function say(page: Page, words: string): Promise<void> {
  await page.getByLabel("Say").fill(words);
  await page.getByLabel("Say").press("Tab");
}

test(
  "an app answers its own functions, slow, cancelled, late and unknown",
  { tag: "@short" },
  async ({ page }) => {
    await page.goto(`${process.env.LIVEPASS_PAGE}/app.html?api=${emulated.url}`);
    await page.getByRole("button").click();
    const told = page.locator("body");
    await expect(told).toContainText("live");

    await say(page, "slow report for the board");
    await expect(told).toContainText("slow_report: page 1");
    await expect(told).toContainText("slow_report: page 2");
    await expect(told).toContainText("slow_report: done");

    await say(page, "late answer please");
    await expect(told).toContainText("late_answer: The tool took too long.");

    await say(page, "open door please");
    await expect(told).toContainText("open_door: There is no tool open_door.");

    await say(page, "long search please");
    await expect.poll(async () => (await emulated.journal("tool_call")).length).toBe(4);
    await say(page, "never mind");
    await expect(told).toContainText("search stopped");
    await expect(told).toContainText("1 cancelled");

    const answers = (await emulated.journal("message")).map(({ message }) => JSON.stringify(message));
    const sent = answers.filter((message) => message.includes("toolResponse"));
    expect(sent.length).toBe(3);
    expect(sent[0]).toContain('"output": "on the board"'.replace(": ", ":"));
    expect(sent.join()).not.toContain("long_search");
  },
);
