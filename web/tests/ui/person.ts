/** What a person does on the page as `make run` serves it. Each worker has a server of its own. */
import { expect, test as base, type Locator, type Page } from "@playwright/test";

import { serve, type Served } from "./serve.mjs";

/** How long an answer may take, even on a busy machine. */
export const TALK_MS = 20_000;

export const test = base.extend<object, { served: Served }>({
  served: [
    async ({}, use) => {
      const served = await serve();
      await use(served);
      served.close();
    },
    { scope: "worker" },
  ],
  baseURL: async ({ served }, use) => use(served.url),
});

export async function signIn(page: Page, name: string): Promise<void> {
  await page.goto("/");
  await page.getByLabel("Your name").fill(name);
  await page.getByRole("button", { name: "Continue" }).click();
  await expect(page.getByRole("button", { name: "Start talking" })).toBeVisible();
}

/** Start a muted talk, so that only text is answered. */
export async function talks(page: Page, name: string): Promise<void> {
  await signIn(page, name);
  await startTalking(page);
}

export async function startTalking(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Start talking" }).click();
  await expect(page.getByLabel("Message Gemini")).toBeEnabled();
  const mute = page.getByRole("button", { name: "Mute" });
  if (!(await mute.isVisible())) return;
  await mute.click();
  await silence(page);
}

/**
 * Wait after a mute: silence is sent for a second, and ends what was said before it. What is typed sooner would be
 * interrupted by the answer to that.
 */
export async function silence(page: Page): Promise<void> {
  await page.waitForTimeout(3000);
}

export function status(page: Page): Locator {
  return page.getByRole("status").first();
}

export function log(page: Page): Locator {
  return page.getByRole("log");
}

export async function write(page: Page, text: string): Promise<void> {
  await page.getByLabel("Message Gemini").fill(text);
  await page.keyboard.press("Enter");
}

/** Press Tab until the element has the focus. Going backwards, it does not leave the page in between. */
export async function tabTo(page: Page, wanted: Locator, key = "Tab"): Promise<void> {
  for (let presses = 0; presses < 40; presses += 1) {
    await page.keyboard.press(key);
    if (await wanted.evaluate((element) => element === document.activeElement)) return;
  }
  throw new Error(`${String(wanted)} cannot be reached by the Tab key`);
}
