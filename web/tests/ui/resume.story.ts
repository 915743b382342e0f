/** A talk that is left and taken up again, or cannot be; and what is left behind. */
import { expect, type APIRequestContext, type Page } from "@playwright/test";

import { log, talks, test, TALK_MS, write } from "./person.ts";

const resume = (page: Page) => page.getByRole("button", { name: "Resume your talk" });
const kept = (page: Page) => page.evaluate(() => sessionStorage.getItem("livepass.talk"));

test("a talk that was ended elsewhere is not resumed, and the page says so", async ({ page, context }) => {
  await talks(page, "mia");
  await write(page, "Remember me");
  await expect(log(page).getByText("You wrote: Remember me")).toBeVisible({ timeout: TALK_MS });
  await page.reload();
  await expect(resume(page)).toBeVisible();

  const elsewhere = await context.newPage();
  await elsewhere.goto("/");
  await elsewhere.getByLabel("Your name").fill("mia");
  await elsewhere.keyboard.press("Enter");
  await elsewhere.getByRole("button", { name: "Your talks" }).click();
  await elsewhere.getByRole("button", { name: /^End the talk of/ }).click();
  await expect(elsewhere.getByRole("dialog").getByText("Ended", { exact: true })).toBeVisible();
  await resume(page).click();

  await expect(page.getByRole("alert")).toContainText("This talk was ended. Start a new one.");
  await expect(resume(page)).toHaveCount(0);
  await expect(log(page).getByText("You wrote: Remember me")).toBeVisible();
  expect(await kept(page)).toBeNull();
});

test("a talk that Gemini has forgotten goes on with what is written, and the page says so", async ({ page, request }) => {
  await talks(page, "noah");
  await write(page, "My cat is called Minka");
  await expect(log(page).getByText("You wrote: My cat is called Minka")).toBeVisible({ timeout: TALK_MS });
  await page.reload();
  await emulate(request, { handle_life_s: 0 });
  await resume(page).click();
  await expect(log(page).getByText(/Gemini knows only what is written here/)).toBeVisible({ timeout: TALK_MS });
  await emulate(request, { handle_life_s: 7200 });

  await page.getByRole("button", { name: "Mute" }).click();
  await write(page, "recap please");
  await expect(log(page).getByText(/You said: .*Minka/)).toBeVisible({ timeout: TALK_MS });
});

test("who signs out leaves nothing of the talk behind, and nor does who closes the tab", async ({ page, context }) => {
  await talks(page, "olga");
  await write(page, "A secret");
  await expect(log(page).getByText("You wrote: A secret")).toBeVisible({ timeout: TALK_MS });
  expect(await kept(page)).toContain("sessionId");

  const other = await context.newPage();
  await other.goto("/");
  expect(await kept(other), "another tab").toBeNull();
  await page.getByRole("button", { name: "Account and more" }).click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByLabel("Your name")).toBeVisible();
  expect(await page.evaluate(() => Object.keys(sessionStorage))).toEqual([]);
  expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toContain("secret");
  await page.reload();
  await expect(page.getByLabel("Your name")).toBeVisible();
  expect(await kept(page)).toBeNull();
});

async function emulate(request: APIRequestContext, data: object): Promise<void> {
  const answer = await request.patch("/local/gemini/_emulator/settings", { data });
  expect(answer.ok()).toBe(true);
}
