/** What is no longer as the page knew it: a sign-in that has expired, a slot that is free again. */
import { expect, type Page } from "@playwright/test";

import { signIn, startTalking, test } from "./person.ts";

const button = (page: Page, name: string) => page.getByRole("button", { name });

test("a sign-in that is over ends no talk, and the talk can be resumed after the next", async ({
  page,
}) => {
  await signIn(page, "wim");
  const renewal = /\/local\/identity\/token$/;
  await page.route(renewal, async (route) => route.fulfill({ status: 400, json: {} }));
  await page.route("**/live-token", async (route) => {
    const response = await route.fetch({ postData: "{}" }); // in Firefox, Playwright does not know the body
    const answer = await response.json();
    const expiresAt = new Date(Date.parse(answer.usage.serverTime) + 5000).toISOString();
    await route.fulfill({ response, json: { ...answer, expiresAt } });
  });
  await page.route("**/live-token/refresh", async (route) =>
    route.fulfill({ status: 401, json: { code: "token-expired" } }),
  );
  const refused = page.waitForResponse(renewal);

  await startTalking(page);
  await refused;
  await expect(page.getByRole("term").filter({ hasText: "Pass" })).toHaveCount(0); // it was told
  await expect(button(page, "End the talk")).toBeVisible();
  await page.unroute("**/live-token/refresh");
  await page.route("**/usage", async (route) =>
    route.fulfill({ status: 401, json: { code: "token-expired" } }),
  );
  await button(page, "End the talk").click();
  await expect(page.getByRole("alert")).toContainText("Your sign-in has expired.");
  await page.unrouteAll();
  await page.getByLabel("Your name").fill("wim");
  await page.keyboard.press("Enter");

  await expect(button(page, "Resume your talk")).toBeVisible();
});

test("a place that became free elsewhere is seen when the talks are looked at", async ({ page }) => {
  let active = 3;
  await page.route("**/usage", async (route) => {
    const response = await route.fetch();
    const usage = await response.json();
    await route.fulfill({ response, json: { ...usage, sessions: { ...usage.sessions, active } } });
  });
  await signIn(page, "xena");
  await expect(button(page, "Start talking")).toHaveAttribute("aria-disabled", "true");

  active = 2;
  await button(page, "Your talks").click();
  await page.keyboard.press("Escape");

  await expect(button(page, "Start talking")).toHaveAttribute("aria-disabled", "false");
});
