/** Talks that are left and resumed, or cannot be, and what they leave behind. */
import { expect, type APIRequestContext, type Page } from "@playwright/test";

import { log, silence, talks, test, TALK_MS, write } from "./person.ts";
import { Watch } from "./watch.ts";

const resume = (page: Page) => page.getByRole("button", { name: "Resume your talk" });
const kept = (page: Page) => page.evaluate(() => sessionStorage.getItem("livepass.talk"));

test("a talk that was ended elsewhere is not resumed, and the page says so", async ({
  page,
  context,
}) => {
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
  await elsewhere.getByRole("button", { name: /^End the talk from/ }).click();
  await expect(elsewhere.getByRole("dialog").getByText("Ended", { exact: true })).toBeVisible();
  await resume(page).click();

  await expect(page.getByRole("alert")).toContainText("This talk was ended. Start a new one.");
  await expect(resume(page)).toHaveCount(0);
  await expect(log(page).getByText("You wrote: Remember me")).toBeVisible();
  expect(await kept(page)).toBeNull();
});

test("a talk that Gemini has forgotten continues from the transcript, and the page says so", async ({
  page,
  request,
}) => {
  await talks(page, "noah");
  await write(page, "My cat is called Minka");
  await expect(log(page).getByText("You wrote: My cat is called Minka")).toBeVisible({
    timeout: TALK_MS,
  });
  await page.reload();
  await emulate(request, { handle_life_s: 0 });
  await resume(page).click();
  await expect(log(page).getByText(/Gemini has only the transcript above/)).toBeVisible({
    timeout: TALK_MS,
  });
  await emulate(request, { handle_life_s: 7200 });

  await page.getByRole("button", { name: "Mute" }).click();
  await silence(page);
  await write(page, "recap please");
  await expect(log(page).getByText(/You said: .*Minka/)).toBeVisible({ timeout: TALK_MS });
});

test("a tab that is duplicated does not take the talk away, and the first one can go on", async ({
  page,
  context,
}) => {
  await talks(page, "nina");
  await write(page, "This is mine");
  await expect(log(page).getByText("You wrote: This is mine")).toBeVisible({ timeout: TALK_MS });
  const twin = context.waitForEvent("page");
  await page.evaluate(() => void window.open(location.href)); // which copies the tab's storage
  const other = await twin;

  await expect(other.getByRole("button", { name: "Start talking" })).toBeVisible();
  await expect(resume(other)).toHaveCount(0);
  expect(await kept(other)).toBeNull();
  await expect(page.getByRole("button", { name: "End the talk" })).toBeVisible();
  await page.reload();
  await resume(page).click();
  await expect(log(page).getByText("Talk resumed. Gemini remembers what was said.")).toBeVisible({
    timeout: TALK_MS,
  });
});

test("reloads cost nothing, and keep what the token was asked for by in place of the token", async ({
  page,
}) => {
  const watch = new Watch(page);
  const replays: (string | undefined)[] = [];
  page.on("response", (response) => {
    if (/\/live-token(\/refresh)?$/.test(response.url()))
      replays.push(response.headers()["idempotent-replayed"]);
  });
  await talks(page, "otto");

  for (const words of ["One", "Two", "Three"]) {
    await write(page, words);
    await expect(log(page).getByText(`You wrote: ${words}`)).toBeVisible({ timeout: TALK_MS });
    await expect.poll(async () => kept(page)).toMatch(/"handle":"/);
    await watch.noTokenIsLeft();
    await page.reload();
    await resume(page).click();
    await page.getByRole("button", { name: "Mute" }).click();
    await silence(page);
  }

  expect(replays).toEqual([undefined, "true", "true", "true"]);
  expect(await kept(page)).toContain("idempotencyKey");
  await page.getByRole("button", { name: "End the talk" }).click();
  await expect(page.getByText("99 of 100 left")).toBeVisible();
});

test("a pass that cannot be renewed is told of before the talk ends", async ({ page }) => {
  const refused = { code: "quota-exceeded", violated: ["sessions"], retryAfterSeconds: 60 };
  await page.route("**/live-token", async (route) => {
    const response = await route.fetch({ postData: "{}" }); // in Firefox, Playwright does not know the body
    const answer = await response.json();
    const expiresAt = new Date(Date.parse(answer.usage.serverTime) + 30_000).toISOString();
    await route.fulfill({ response, json: { ...answer, expiresAt } });
  });
  await page.route("**/live-token/refresh", async (route) =>
    route.fulfill({ status: 429, json: refused }),
  );

  await talks(page, "pia");

  await expect(page.getByRole("alert")).toContainText(
    /This talk may end at .* You have too many open talks\./,
    { timeout: 40_000 },
  );
  await expect(page.getByRole("button", { name: "End the talk" })).toBeVisible();
});

test("who signs out leaves nothing of the talk behind, and nor does who closes the tab", async ({
  page,
  context,
}) => {
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
