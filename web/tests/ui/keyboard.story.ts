/**
 * A talk with Tab, Enter, Space, arrows and Escape alone. The focus is always somewhere, and visible.
 */
import { expect, type Page } from "@playwright/test";

import { log, silence, tabTo, TALK_MS, test } from "./person.ts";

test("from the first Tab to the end of the talk", async ({ page }) => {
  const { keyboard } = page;
  const button = (name: string) => page.getByRole("button", { name });
  await page.goto("/");
  await expect(page.getByLabel("Your name")).toBeVisible();
  await tabTo(page, page.getByLabel("Your name"));
  await keyboard.type("lea");
  await keyboard.press("Enter");
  await expect(button("Start talking")).toBeVisible();

  await tabTo(page, page.getByRole("link", { name: "Skip to the talk" }));
  await expect(page.getByRole("link", { name: "Skip to the talk" })).toBeInViewport();
  await keyboard.press("Enter");
  await keyboard.press("Tab");
  await expect(button("Start talking")).toBeFocused();

  await tabTo(page, button("Settings"), "Shift+Tab");
  await keyboard.press("Enter");
  await expect(page.getByRole("dialog")).toBeVisible();
  await tabTo(page, page.getByLabel("Voice", { exact: true }));
  await keyboard.type("Puck");
  await expect(page.getByLabel("Voice", { exact: true })).toHaveValue("Puck");
  await tabTo(page, page.getByLabel("When I pause"));
  await keyboard.press("ArrowDown");
  await expect(page.getByLabel("When I release the button")).toBeChecked();
  await keyboard.press("ArrowUp");
  await keyboard.press("Escape");
  await expect(button("Settings")).toBeFocused();

  await tabTo(page, button("Account and more"));
  await keyboard.press("Enter");
  await expect(button("Sign out")).toBeVisible();
  await keyboard.press("Escape");
  await expect(button("Account and more")).toBeFocused();

  await tabTo(page, button("Start talking"));
  await keyboard.press("Space");
  await expect(page.getByLabel("Message Gemini")).toBeEnabled();
  await expect(button("End the talk")).toBeFocused();
  await tabTo(page, button("Mute"));
  await keyboard.press("Space");
  await expect(button("Mute")).toHaveAttribute("aria-pressed", "true");
  await silence(page);
  expect(await ring(page), "the focus is seen").toBe(true);
  await tabTo(page, page.getByLabel("Message Gemini"));
  await keyboard.type("Good evening");
  await keyboard.press("Enter");
  await expect(log(page).getByText("You wrote: Good evening")).toBeVisible({ timeout: TALK_MS });

  await tabTo(page, button("End the talk"), "Shift+Tab");
  await keyboard.press("Enter");
  await expect(page.getByText("The talk has ended.")).toBeVisible();
  await expect(button("Start talking")).toBeFocused();
});

async function ring(page: Page): Promise<boolean> {
  return page.evaluate(() => {
    const style = document.activeElement === null ? undefined : getComputedStyle(document.activeElement);
    return style?.outlineStyle === "solid" && parseFloat(style.outlineWidth) >= 2;
  });
}
