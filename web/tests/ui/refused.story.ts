/** A microphone that the browser refuses without asking. */
import { expect } from "@playwright/test";

import { firefox, IN_FIREFOX } from "../browsers/firefox.ts";
import { CHROMIUM, ownFolder } from "./browser.ts";
import { signIn, test } from "./person.ts";
import { recording } from "./speech.ts";

test.use({
  launchOptions: IN_FIREFOX
    ? firefox(recording(ownFolder("LIVEPASS_STORY_FOLDER")), { allow: false })
    : { executablePath: CHROMIUM, args: ["--no-sandbox", "--deny-permission-prompts"] },
});

test("it costs nothing, and the page says what to do", async ({ page }) => {
  const asked: string[] = [];
  page.on("request", (request) => asked.push(`${request.method()} ${new URL(request.url()).pathname}`));
  await signIn(page, "erin");

  await page.getByRole("button", { name: "Start talking" }).click();

  await expect(page.getByRole("alert")).toContainText(
    /Microphone access is blocked|No microphone found/,
  );
  await expect(page.getByRole("alert")).toContainText("This didn’t use up a talk.");
  await expect(page.getByText("The talk didn’t start.")).toBeVisible();
  await expect(page.getByText("10 of 10 left")).toBeVisible();
  await expect(page.getByRole("button", { name: "Start talking" })).toHaveAttribute(
    "aria-disabled",
    "false",
  );
  expect(asked).not.toContain("POST /api/v1/live-token");
});
