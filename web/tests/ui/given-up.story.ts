/** Talks that never began: cancelled, failed, or started by mistake. */
import { expect, type Page } from "@playwright/test";

import { IN_FIREFOX, SINGLE_CLICKS } from "../browsers/firefox.ts";
import { log, signIn, status, test, TALK_MS } from "./person.ts";

const button = (page: Page, name: string) => page.getByRole("button", { name });

test("a start that is given up when it is counted already can be taken up, without another", async ({
  page,
  request,
}) => {
  await signIn(page, "sara");
  await request.patch("/local/gemini/_emulator/settings", { data: { mint_latency_s: 1.5 } });
  await button(page, "Start talking").click();
  await expect(status(page)).toHaveText("Getting access.");

  await button(page, "Cancel").click();
  await expect(status(page)).toHaveText("The talk has ended.");
  await request.patch("/local/gemini/_emulator/settings", { data: { mint_latency_s: 0 } });
  await button(page, "Resume your talk").click();

  await expect(page.getByLabel("Message Gemini")).toBeVisible({ timeout: TALK_MS });
  await button(page, "End the talk").click();
  await expect(page.getByText("9 of 10 left")).toBeVisible();
});

test("a start that Gemini did not answer can be taken up, without another", async ({
  page,
  request,
}) => {
  await signIn(page, "tara");
  await request.post("/local/gemini/_emulator/faults", {
    data: { on: "socket", do: "refuse", times: 4 },
  });

  await button(page, "Start talking").click();
  await expect(page.getByRole("alert")).toContainText("The connection to Gemini was lost.", {
    timeout: TALK_MS,
  });
  await request.delete("/local/gemini/_emulator/faults");
  await button(page, "Resume your talk").click();

  await expect(page.getByLabel("Message Gemini")).toBeVisible({ timeout: TALK_MS });
  await expect(log(page).getByText(/Gemini has only the transcript above/)).toHaveCount(0);
});

test("who cancels while the browser still asks is done at once, and nothing stays open", async ({
  page,
}) => {
  await signIn(page, "ulla");
  const tracks = await page.evaluateHandle(() => {
    const opened: MediaStreamTrack[] = [];
    const { mediaDevices } = navigator;
    const get = mediaDevices.getUserMedia.bind(mediaDevices);
    mediaDevices.getUserMedia = async (constraints) => {
      await new Promise((resolve) => setTimeout(resolve, 3000));
      const stream = await get(constraints);
      opened.push(...stream.getTracks());
      return stream;
    };
    return opened;
  });

  await button(page, "Start talking").click();
  await expect(status(page)).toHaveText("Please allow the microphone.");
  await button(page, "Cancel").click();

  await expect(status(page)).toHaveText("The talk has ended.", { timeout: 2500 });
  await expect
    .poll(async () => tracks.evaluate((all) => all.map(({ readyState }) => readyState)))
    .toEqual(["ended"]);
  await expect(page.getByText("10 of 10 left")).toBeVisible();
});

test("a double click starts one talk, and does not end it", async ({ page }) => {
  test.skip(IN_FIREFOX, SINGLE_CLICKS);
  await signIn(page, "vera");

  await button(page, "Start talking").dblclick();

  await expect(page.getByLabel("Message Gemini")).toBeVisible({ timeout: TALK_MS });
});
