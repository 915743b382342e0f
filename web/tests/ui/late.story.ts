/** Devices that open when they are no longer wanted. */
import { expect, type Page } from "@playwright/test";

import { talks, test } from "./person.ts";

test("a camera that opens only after the talk has ended is released", async ({ page }) => {
  await talks(page, "rosa");
  const opened = await slowCamera(page);

  await page.getByRole("button", { name: "Camera", exact: true }).click();
  await page.getByRole("button", { name: "End the talk" }).click();

  await expect.poll(opened).toEqual(["ended"]);
  await expect(page.locator(".preview")).toHaveCount(0);
  await expect(page.getByRole("alert")).toHaveCount(0);
});

/** Make cameras take a second. Returns the states of those that were opened. */
async function slowCamera(page: Page): Promise<() => Promise<string[]>> {
  const tracks = await page.evaluateHandle(() => {
    const opened: MediaStreamTrack[] = [];
    const { mediaDevices } = navigator;
    const get = mediaDevices.getUserMedia.bind(mediaDevices);
    mediaDevices.getUserMedia = async (constraints) => {
      await new Promise((resolve) => setTimeout(resolve, 1000));
      const stream = await get(constraints);
      opened.push(...stream.getVideoTracks());
      return stream;
    };
    return opened;
  });
  return async () => tracks.evaluate((all) => all.map(({ readyState }) => readyState));
}
