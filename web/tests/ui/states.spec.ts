/** Every state of the page: no axe findings, no policy violations, no touch target that is too small. */
import { expect, type Page } from "@playwright/test";

import { findings } from "./axe.ts";
import { test } from "./gallery.ts";
import { states, type StateName } from "./states.ts";

const WIDTHS = [1280, 390, 320];
const TOUCH = 44;

for (const name of Object.keys(states) as StateName[]) {
  test(name, async ({ gallery: { page, draw, complaints } }) => {
    for (const width of WIDTHS) {
      await draw(name, width, "light");
      expect(
        await page.evaluate(() => document.documentElement.scrollWidth),
        "no sideways scrolling",
      ).toBeLessThanOrEqual(width);
      expect(await small(page), `${width} px`).toEqual([]);
      expect(await findings(page), `${width} px`).toEqual([]);
      if (width === 1280) continue;
      await draw(name, width, "dark");
      expect(await findings(page), `${width} px, dark`).toEqual([]);
    }
    expect(complaints()).toEqual([]);
  });
}

test("nothing is offered that the browser lacks", async ({ gallery: { page, draw } }) => {
  await page.evaluate(() => {
    // Phones share no screen; some browsers play only through the system's speaker.
    Object.defineProperty(navigator.mediaDevices, "getDisplayMedia", {
      value: undefined,
      configurable: true,
    });
    Reflect.set(window, "kept", HTMLMediaElement.prototype.setSinkId);
    Reflect.deleteProperty(HTMLMediaElement.prototype, "setSinkId");
  });

  await draw("live", 390, "light");
  await expect(page.getByRole("button", { name: "Camera" })).toBeVisible();
  await expect(page.getByRole("button", { name: "Screen" })).toHaveCount(0);
  await draw("settings", 390, "light");
  await expect(page.getByLabel("Speaker")).toBeDisabled();

  await page.evaluate(() => {
    Reflect.deleteProperty(navigator.mediaDevices, "getDisplayMedia");
    HTMLMediaElement.prototype.setSinkId = Reflect.get(window, "kept");
  });
});

test("the page that is not found", async ({ page }) => {
  const complaints: string[] = [];
  page.on("console", (message) => complaints.push(message.text()));
  await page.goto("/404.html");
  for (const width of [390, 320]) {
    await page.setViewportSize({ width, height: 640 });
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await findings(page), `${width} px, ${colorScheme}`).toEqual([]);
    }
  }
  await expect(page.getByRole("link")).toHaveCSS("min-height", "44px");
  expect(complaints).toEqual([]);
});

/** Controls less than 44 px high or wide. A check box is tapped by its label. */
async function small(page: Page): Promise<string[]> {
  return page.evaluate((touch) => {
    const tappable = document.querySelectorAll(
      "button, a[href], select, textarea, input:not([type=checkbox], [type=radio], .unseen), label.choice, label.button",
    );
    return [...tappable].flatMap((element) => {
      const { width, height } = element.getBoundingClientRect();
      const hidden = width === 0 || element.closest(".skip") !== null;
      return hidden || (width >= touch && height >= touch)
        ? []
        : [`${element.outerHTML.slice(0, 80)} ${width}x${height}`];
    });
  }, TOUCH);
}
