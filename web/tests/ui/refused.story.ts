/** A microphone that is refused: by a browser that asks nobody. */
import { expect, test } from "@playwright/test";

import { CHROMIUM } from "./browser.ts";

test.use({ launchOptions: { executablePath: CHROMIUM, args: ["--no-sandbox", "--deny-permission-prompts"] } });

test("it costs nothing, and the page says what to do", async ({ page }) => {
  await page.goto("/");
  await page.getByLabel("Your name").fill("erin");
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("button", { name: "Start talking" }).click();

  await expect(page.getByRole("alert")).toContainText(/The microphone is not allowed|There is no microphone/);
  await expect(page.getByText("10 of 10 left")).toBeVisible();
  await expect(page.getByRole("button", { name: "Start talking" })).toHaveAttribute("aria-disabled", "false");
});
