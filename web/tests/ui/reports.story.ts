/** The server hears what a talk has used: during the talk, when it ends, and when its page goes away. */
import { expect, type APIRequestContext, type Page, type Response } from "@playwright/test";

import { IN_FIREFOX, NO_BODIES } from "../browsers/firefox.ts";
import { log, silence, TALK_MS, talks, test, write } from "./person.ts";

const REPORT = /\/sessions\/[0-9a-f]{24}\/usage$/;
const button = (page: Page, name: string | RegExp) => page.getByRole("button", { name });

test.skip(IN_FIREFOX, NO_BODIES);

test("a talk that is ended was told of before it ended, and the server took it", async ({ page }) => {
  const asked: string[] = [];
  await talks(page, "paula");
  page.on("request", (request) => {
    const kind = REPORT.test(request.url()) ? "report" : "end";
    if (["POST", "DELETE"].includes(request.method()) && request.url().includes("/sessions/"))
      asked.push(kind);
  });
  await say(page, "How much is this?");
  const told = page.waitForResponse(REPORT);

  await button(page, "Your talks").click();
  await button(page, /^End the talk from/).click();

  const response = await told;
  await expect(page.getByRole("dialog").getByText("Ended", { exact: true })).toBeVisible();
  expect(response.status()).toBe(204);
  expect(heard(response).text).toBeGreaterThan(0);
  expect(asked).toEqual(["report", "end"]);
});

test("a talk whose page went was told of by then, and adds to that after a reload", async ({
  page,
  request,
}) => {
  await talks(page, "quentin");
  await say(page, "One");
  await page.reload();
  await expect(button(page, "Resume your talk")).toBeVisible();
  const { sessionId, used } = JSON.parse(
    (await page.evaluate(() => sessionStorage.getItem("livepass.used"))) ?? "{}",
  );
  // Browsers do not show what a page sends as it goes away, so the test asks the server.
  await expect.poll(async () => taken(request, sessionId)).toEqual([204]);
  await button(page, "Resume your talk").click();
  await expect(page.getByLabel("Message Gemini")).toBeEnabled({ timeout: TALK_MS });
  await button(page, "Mute").click();
  await silence(page);
  await say(page, "Two");
  const told = page.waitForResponse(REPORT);

  await button(page, "End the talk").click();

  const response = await told;
  expect(response.status()).toBe(204);
  expect(used.input.text).toBeGreaterThan(0);
  expect(heard(response).text).toBeGreaterThan(used.input.text);
});

/** How the server answered a session's reports, from its audit trail. */
async function taken(request: APIRequestContext, sessionId: string): Promise<number[]> {
  const { idToken } = await (
    await request.post("/local/identity/token", { data: { user: "ada", admin: true } })
  ).json();
  const headers = { Authorization: `Bearer ${idToken}` };
  const answer = await request.get("/api/v1/admin/audit?event=USAGE_REPORTED", { headers });
  const { entries }: { entries: { session: string; status: number }[] } = await answer.json();
  return entries.filter(({ session }) => session === sessionId).map(({ status }) => status);
}

/** Send text, and wait until the answer's turn is over and its usage is known. */
async function say(page: Page, text: string): Promise<void> {
  await page.evaluate(() => {
    const paid = new Promise((resolve) =>
      window.livepass?.talk.addEventListener("usage", resolve, { once: true }),
    );
    Object.assign(window, { paid });
  });
  await write(page, text);
  await expect(log(page).getByText(`You wrote: ${text}`)).toBeVisible({ timeout: TALK_MS });
  await page.evaluate(async () => Reflect.get(window, "paid"));
}

function heard(response: Response): Record<string, number> {
  return JSON.parse(response.request().postData() ?? "{}").prompt;
}
