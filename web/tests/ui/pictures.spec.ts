/** A picture of every state, at two widths, light and dark, for eyes: tests/ui/pictures. */
import { test } from "@playwright/test";

import { states } from "./states.ts";

const WIDTHS = { wide: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } };

for (const name of Object.keys(states)) {
  test(name, async ({ page }) => {
    for (const [size, viewport] of Object.entries(WIDTHS)) {
      for (const theme of ["light", "dark"]) {
        await page.setViewportSize(viewport);
        await page.goto(`/?state=${name}&theme=${theme}`);
        await page.locator("html[data-drawn]").waitFor();
        await page.waitForTimeout(300);
        await page.screenshot({ path: `${import.meta.dirname}/pictures/${name}-${size}-${theme}.png` });
      }
    }
  });
}

test("320 px", async ({ page }) => {
  await page.setViewportSize({ width: 320, height: 640 });
  for (const name of ["signed-out", "idle", "live", "settings"]) {
    await page.goto(`/?state=${name}&theme=light`);
    await page.locator("html[data-drawn]").waitFor();
    await page.screenshot({ path: `${import.meta.dirname}/pictures/${name}-320.png` });
  }
});
