/** What people are told right after signing in: that they were refused, or that their clock is off. */
import { expect } from "@playwright/test";

import { signIn, test } from "./person.ts";

test("a token that the API refuses at once is the administrator's to look into", async ({ page }) => {
  const said: string[] = [];
  page.on("console", (message) => said.push(message.text()));
  await page.route("**/live-token/usage", async (route) =>
    route.fulfill({ status: 401, json: { code: "unauthenticated", requestId: "r-17" } }),
  );

  await page.goto("/");
  await page.getByLabel("Your name").fill("gus");
  await page.keyboard.press("Enter");

  await expect(page.getByRole("alert")).toContainText("This site doesn’t accept your sign-in.");
  await expect(page.getByRole("alert")).toContainText("r-17");
  expect(said.join("\n")).toContain("The audit line of request r-17 says why.");
});

for (const [hours, told] of [
  [2, "This device’s clock is 2 hours ahead."],
  [-50, "This device’s clock is 2 days behind."],
] as const)
  test(`a clock ${hours} hours ahead is told, and people are let in`, async ({ page }) => {
    await page.clock.install({ time: Date.now() + hours * 3_600_000 });

    await signIn(page, "hal");

    await expect(page.getByRole("alert")).toContainText(told);
  });
