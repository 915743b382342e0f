/** Showing Gemini something, on a small phone with two cameras. */
import { expect, type Page } from "@playwright/test";

import { IN_FIREFOX, ONE_CAMERA } from "../browsers/firefox.ts";
import { log, TALK_MS, talks, test, write } from "./person.ts";

test.use({ viewport: { width: 320, height: 640 } });

test("the camera is switched on, turned round, seen by Gemini, and off again", async ({ page }) => {
  test.skip(IN_FIREFOX, ONE_CAMERA);
  await talks(page, "gina");

  await page.getByRole("button", { name: "Camera", exact: true }).click();
  await expect(page.getByRole("button", { name: "Camera", exact: true })).toHaveAttribute(
    "aria-pressed",
    "true",
  );
  await expect(page.getByLabel("What Gemini sees from your camera")).toBeVisible();
  expect(await sideways(page)).toBe(0);
  const first = await camera(page);
  await page.getByRole("button", { name: "Switch camera" }).click();
  await expect.poll(async () => camera(page)).not.toBe(first);
  await page.waitForTimeout(1200); // a frame a second
  await write(page, "What do you see?");
  await expect(log(page).getByText(/I see a \d+ by \d+ picture/)).toBeVisible({ timeout: TALK_MS });

  const track = await page.evaluateHandle(() => tracks()[0]);
  await page.getByRole("button", { name: "Camera", exact: true }).click();
  await expect(page.locator(".preview")).toHaveCount(0);
  expect(await track.evaluate((ended) => ended?.readyState)).toBe("ended");
  expect(await sideways(page)).toBe(0);
});

/** The camera in the preview; empty if there is none. */
async function camera(page: Page): Promise<string> {
  return page.evaluate(() => tracks()[0]?.getSettings().deviceId ?? "");
}

declare global {
  function tracks(): MediaStreamTrack[];
}

test.beforeEach(async ({ page }) => {
  await page.addInitScript(() => {
    window.tracks = () => {
      const stream = document.querySelector<HTMLVideoElement>(".preview video")?.srcObject;
      return stream instanceof MediaStream ? stream.getVideoTracks() : [];
    };
  });
});

/** How far the page scrolls sideways, in pixels. */
async function sideways(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
}
