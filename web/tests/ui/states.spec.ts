/** Every state of the page: nothing for axe to find, nothing for the policy to stop, no finger too thick. */
import { expect, test, type Page } from "@playwright/test";

import { findings } from "./axe.ts";
import { states } from "./states.ts";

const WIDTHS = [1280, 390, 320];
const TOUCH = 44;

for (const name of Object.keys(states)) {
  test(name, async ({ page }) => {
    const complaints = listen(page);
    await page.emulateMedia({ reducedMotion: "reduce" });
    await page.goto(`/?state=${name}&theme=light`);
    await page.locator("html[data-drawn]").waitFor();
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 800 });
      expect(await page.evaluate(() => document.documentElement.scrollWidth), "no sideways scrolling").toBeLessThanOrEqual(width);
      expect(await small(page), `${width} px`).toEqual([]);
      if (width !== 390) expect(await findings(page), `${width} px`).toEqual([]);
    }
    await page.evaluate(() => (document.documentElement.dataset["theme"] = "dark"));
    expect(await findings(page), "dark").toEqual([]);
    expect(complaints).toEqual([]);
  });
}

test("the page that is not found", async ({ page }) => {
  const complaints = listen(page);
  await page.goto("/404.html");
  await page.setViewportSize({ width: 320, height: 640 });
  expect(await findings(page)).toEqual([]);
  await expect(page.getByRole("link")).toHaveCSS("min-height", "44px");
  expect(complaints).toEqual([]);
});

/** What the browser says of the page: broken policies, errors, warnings. */
function listen(page: Page): string[] {
  const heard: string[] = [];
  page.on("console", (message) => heard.push(message.text()));
  page.on("pageerror", (error) => heard.push(error.message));
  return heard;
}

/** What can be tapped and is less than 44 px high or wide; a check box is tapped by its label. */
async function small(page: Page): Promise<string[]> {
  return page.evaluate((touch) => {
    const tappable = document.querySelectorAll("button, a[href], select, textarea, input:not([type=checkbox], [type=radio], .unseen), label.choice, label.button");
    return [...tappable].flatMap((element) => {
      const { width, height } = element.getBoundingClientRect();
      const hidden = width === 0 || element.closest(".skip") !== null;
      return hidden || (width >= touch && height >= touch) ? [] : [`${element.outerHTML.slice(0, 80)} ${width}x${height}`];
    });
  }, TOUCH);
}
