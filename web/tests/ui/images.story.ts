/** Images: chosen, pasted and dropped, and files that are no images. */
import { readFileSync } from "node:fs";

import { expect, type Page } from "@playwright/test";

import { log, talks, test, TALK_MS, write } from "./person.ts";

const ICON = `${import.meta.dirname}/../../public/icon-192.png`;
const ready = /^Image ready to send/;

test("a picture is picked, pasted and dropped, seen before it is sent, and sent", async ({ page }) => {
  await talks(page, "carol");

  await page.getByLabel("Attach an image").setInputFiles(ICON);
  await expect(page.getByText("Image ready to send: icon-192.png")).toBeVisible();
  await page.getByRole("button", { name: "Send" }).click();
  await expect(log(page).getByText("Image sent")).toHaveCount(1);
  await write(page, "And this?");
  await expect(log(page).getByText(/I see a 192 by 192 picture/)).toBeVisible({ timeout: TALK_MS });
  await expect(page.getByText(ready)).toHaveCount(0);

  await give(page, "paste", "#words", "pasted.png", "image/png");
  await expect(page.getByText("Image ready to send: pasted.png")).toBeVisible();
  await page.getByRole("button", { name: "Remove the image" }).click();
  await expect(page.getByText(ready)).toHaveCount(0);
  await expect(page.getByLabel("Message Gemini")).toBeFocused();

  await give(page, "drop", ".stage", "dropped.png", "image/png");
  await expect(page.getByText("Image ready to send: dropped.png")).toBeVisible();
  await page.getByRole("button", { name: "Send" }).click();
  await expect(log(page).getByText("Image sent")).toHaveCount(2);
});

test("a file that is not an image is refused, and the talk continues", async ({ page }) => {
  await talks(page, "dan");

  expect(
    await give(page, "drop", ".stage", "letter.pdf", "application/pdf"),
    "the browser opens it",
  ).toBe(false);
  await expect(page.getByRole("alert")).toContainText("Gemini can’t read that image.");
  await page.getByRole("alert").getByRole("button", { name: "Close" }).click();
  await expect(page.getByRole("alert")).toHaveCount(0);

  await give(page, "drop", ".stage", "broken.png", "image/png", "no picture at all");
  await write(page, "Hello");
  await expect(page.getByRole("alert")).toContainText("Gemini can’t read that image.");
  await expect(log(page).getByText("You wrote: Hello")).toBeVisible({ timeout: TALK_MS });
});

/** Paste or drop a file as a person would. Returns whether the browser would act on it, too. */
async function give(
  page: Page,
  event: "paste" | "drop",
  where: string,
  name: string,
  type: string,
  text?: string,
): Promise<boolean> {
  const bytes = text === undefined ? [...readFileSync(ICON)] : [...Buffer.from(text)];
  return page.locator(where).evaluate(
    (element, [kind, title, mime, data]) => {
      const files = new DataTransfer();
      files.items.add(new File([new Uint8Array(data)], title, { type: mime }));
      const options = { bubbles: true, cancelable: true };
      if (kind === "drop")
        return element.dispatchEvent(new DragEvent("drop", { ...options, dataTransfer: files }));
      const paste = new ClipboardEvent("paste", options);
      Object.defineProperty(paste, "clipboardData", { value: files }); // Firefox takes no files from options
      return element.dispatchEvent(paste);
    },
    [event, name, type, bytes] as const,
  );
}
