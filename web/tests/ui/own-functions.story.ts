/** An operator declares functions and replaces one file of the site. */
import { expect, type Page } from "@playwright/test";

import { log, signIn, startTalking, TALK_MS, test as base, write } from "./person.ts";
import { serve, type Served } from "./serve.mjs";

const DECLARED = [{ name: "open_door" }, { name: "slow_report" }];
const FILE = 'export default { open_door: () => "the door is open" };';

const test = base.extend<object, { served: Served }>({
  served: [
    async ({}, use) => {
      const served = await serve({ settings: { LIVE_API_TOOLS: JSON.stringify(DECLARED) } });
      await use(served);
      served.close();
    },
    { scope: "worker" },
  ],
});

test("functions.js answers the operator's functions; one that it does not answer is told", async ({
  page,
}) => {
  const told: string[] = [];
  page.on("console", (message) => told.push(message.text()));
  await page.route("**/functions.js", async (route) =>
    route.fulfill({ contentType: "text/javascript", body: FILE }),
  );
  await signIn(page, "olga");
  await choose(page, "open_door", "slow_report");
  await startTalking(page);

  await write(page, "open door please");
  await expect(log(page).getByText("the door is open").first()).toBeVisible({ timeout: TALK_MS });
  await write(page, "slow report please");
  await expect(log(page).getByText("There is no tool slow_report").first()).toBeVisible({
    timeout: TALK_MS,
  });

  expect(told.filter((line) => line.startsWith("Livepass: "))).toEqual([
    "Livepass: functions.js does not answer slow_report.",
    "Livepass: Gemini called slow_report, which functions.js does not answer.",
  ]);
});

async function choose(page: Page, ...functions: string[]): Promise<void> {
  await page.getByRole("button", { name: "Settings" }).click();
  for (const name of functions) await page.getByLabel(name).check();
  await page.keyboard.press("Escape");
}
