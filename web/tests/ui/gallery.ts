/** One gallery page for all tests of a worker; states are drawn in it without loading it again. */
import { test as base, type Page } from "@playwright/test";

import type { StateName } from "./states.ts";

export interface Gallery {
  readonly page: Page;
  /**
   * What the browser has reported about the page since the last call: policy violations, errors,
   * warnings.
   */
  complaints(): readonly string[];
  draw(state: StateName, width: number, theme: "light" | "dark"): Promise<void>;
}

const HEIGHTS: Readonly<Record<number, number>> = { 1280: 800, 390: 844 };

export const test = base.extend<object, { gallery: Gallery }>({
  gallery: [
    async (
      { browser },
      use,
      {
        project: {
          use: { baseURL },
        },
      },
    ) => {
      if (baseURL === undefined) throw new Error("the gallery has no address");
      const page = await browser.newPage({ baseURL, reducedMotion: "reduce" });
      let said: string[] = [];
      page.on("console", (message) => said.push(message.text()));
      page.on("pageerror", (error) => said.push(error.message));
      await page.goto("/");
      await page.locator("html[data-ready]").waitFor();
      await use({
        page,
        complaints: () => {
          const heard = said;
          said = [];
          return heard;
        },
        draw: async (state, width, theme) => {
          await page.setViewportSize({ width, height: HEIGHTS[width] ?? 640 });
          await page.evaluate(
            async ([name, look]) => {
              window.draw(name, look);
              // Drawn, measured by its observers, and drawn again.
              await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
            },
            [state, theme] as const,
          );
        },
      });
      await page.close();
    },
    { scope: "worker" },
  ],
});
