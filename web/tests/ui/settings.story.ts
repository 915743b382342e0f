/** What is chosen in the settings takes effect. */
import { expect, type Locator, type Page } from "@playwright/test";

import { IN_FIREFOX, NO_BODIES, NO_EMULATED_MEDIA, ONE_MICROPHONE } from "../browsers/firefox.ts";
import { log, signIn, startTalking, talks, test, TALK_MS, write } from "./person.ts";

test("a talk is asked for as it was chosen, and what cannot be says why", async ({ page }) => {
  test.skip(IN_FIREFOX, NO_BODIES);
  await signIn(page, "hugo");
  await page.getByRole("button", { name: "Settings" }).click();
  await expect(page.getByLabel("Thinking")).toBeDisabled();
  await expect(page.getByText("This model decides for itself how long to think.")).toBeVisible();
  await expect(impossible(page.getByLabel("Gemini answers"))).toHaveText([
    "By text · Not available with Gemini 3.8 Live.",
  ]);
  await expect(impossible(page.getByLabel("Pass length"))).toHaveText([
    "90 minutes · this site allows up to 60",
    "120 minutes · this site allows up to 60",
  ]);

  await page.getByLabel("Model").selectOption("Gemini 3.8 Live Extended Thinking");
  await page.getByLabel("Voice", { exact: true }).selectOption("Kore");
  await page.getByLabel("Thinking").selectOption("Medium");
  await page.getByLabel("Pass length").selectOption("10 minutes");
  await page.getByLabel("Google Search").check();
  await page.getByLabel("Pause before Gemini answers").selectOption("Long: 1.2 seconds");
  await page.getByLabel("When you start speaking").selectOption("Wait until it’s clear");
  await page.getByLabel("When you stop speaking").selectOption("Give me time");
  await page.getByRole("group", { name: "Temperature" }).getByLabel("Gemini’s choice").uncheck();
  await page.getByRole("slider").fill("0.4");
  await page.keyboard.press("Escape");
  const [request] = await Promise.all([page.waitForRequest("**/api/v1/live-token"), startTalking(page)]);

  expect(request.postDataJSON()).toEqual({
    model: "gemini-3.8-live-extended-thinking",
    voice: "Kore",
    thinkingLevel: "medium",
    temperature: 0.4,
    durationMinutes: 10,
    tools: ["get_weather", "google_search"],
    turnDetection: {
      mode: "automatic",
      silenceMs: 1200,
      startSensitivity: "low",
      endSensitivity: "low",
    },
  });
  await expect(page.getByText(/^(10:00|9:\d\d) left$/)).toBeVisible();
});

test("microphone, speaker and camera are changed in a talk", async ({ page }) => {
  test.skip(IN_FIREFOX, ONE_MICROPHONE);
  await talks(page, "ines");
  await page.getByRole("button", { name: "Settings" }).click();
  const before = await devices(page);

  const microphone = await other(
    page.getByLabel("Microphone", { exact: true }),
    before.microphone ?? "",
  );
  await expect.poll(async () => (await devices(page)).microphone).toBe(microphone);
  const speaker = await other(page.getByLabel("Speaker"), before.speaker);
  await expect.poll(async () => (await devices(page)).speaker).toBe(speaker);
  const camera = await other(page.getByRole("dialog").getByLabel("Camera"), "");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Camera", exact: true }).click();
  await expect
    .poll(async () =>
      page
        .locator(".preview video")
        .evaluate(
          (video) =>
            video instanceof HTMLVideoElement &&
            video.srcObject instanceof MediaStream &&
            video.srcObject.getVideoTracks()[0]?.getSettings().deviceId,
        ),
    )
    .toBe(camera);
  await write(page, "Still there?");
  await expect(log(page).getByText(/You wrote: Still there\?/)).toBeVisible({ timeout: TALK_MS });
});

test("captions are switched off and on, and the theme outlasts a reload", async ({ page }) => {
  await signIn(page, "jo");
  await page.getByRole("button", { name: "Start talking" }).click();
  await expect(
    log(page)
      .getByText(/seconds of speech/)
      .first(),
  ).toBeVisible({ timeout: TALK_MS });

  await page.getByRole("button", { name: "Settings" }).click();
  await page.getByLabel("Show captions").uncheck();
  await page.getByLabel("Dark").check();
  await page.keyboard.press("Escape");
  await expect(log(page).getByText(/seconds of speech/)).toHaveCount(0);
  await expect(log(page).getByText("Captions are turned off in the settings.")).toBeVisible();
  await write(page, "Written all the same");
  await expect(log(page).getByText("Written all the same", { exact: true })).toBeVisible();

  await page.reload();
  await expect(page.getByRole("button", { name: "Resume your talk" })).toBeVisible();
  await expect(page.locator("html")).toHaveCSS("color-scheme", "dark");
  await page.getByRole("button", { name: "Settings" }).click();
  await page.getByLabel("Show captions").check();
  await page.getByLabel("Light").check();
  await expect(
    log(page)
      .getByText(/seconds of speech/)
      .first(),
  ).toBeVisible();
  await expect(page.locator("html")).toHaveCSS("color-scheme", "light");
});

test("who wants no motion gets none, and the meters still move", async ({ page }) => {
  test.skip(IN_FIREFOX, NO_EMULATED_MEDIA);
  await page.emulateMedia({ reducedMotion: "reduce" });
  await signIn(page, "kim");
  await page.getByRole("button", { name: "Start talking" }).click();
  await expect(page.getByRole("button", { name: "End the talk" })).toBeVisible();

  expect(await moves(page)).toEqual({ rings: false, meters: true });
  await page.emulateMedia({ reducedMotion: "no-preference" });
  expect(await moves(page)).toEqual({ rings: true, meters: true });
});

/** What changes while someone is speaking; in the recording, nobody does for up to 9 s. */
async function moves(page: Page): Promise<{ rings: boolean; meters: boolean }> {
  return page.evaluate(async () => {
    const [canvas, meter] = [document.querySelector("canvas"), document.querySelector("meter")];
    const [rings, meters] = [new Set<string | undefined>(), new Set<number | undefined>()];
    for (const end = Date.now() + 12_000; meters.size < 8 && Date.now() < end;) {
      rings.add(canvas?.toDataURL());
      meters.add(meter?.value);
      await new Promise((next) => setTimeout(next, 50));
    }
    return { rings: rings.size > 1, meters: meters.size >= 8 };
  });
}

function impossible(list: Locator): Locator {
  return list.locator("option:disabled");
}

/** Choose any other than the one in use. Returns its id. */
async function other(list: Locator, used: string): Promise<string> {
  await expect(list.locator("option").nth(2)).toBeAttached();
  const ids = await list
    .locator("option")
    .evaluateAll((options) =>
      options.map((option) => (option instanceof HTMLOptionElement ? option.value : "")),
    );
  const wanted = ids.find((id) => id !== "" && id !== used);
  if (wanted === undefined) throw new Error(`only ${ids.length} to choose from`);
  await list.selectOption(wanted);
  return wanted;
}

async function devices(page: Page): Promise<{ microphone: string | null; speaker: string }> {
  return page.evaluate(
    async () => (await window.livepass?.talk.devices()) ?? { microphone: null, speaker: "" },
  );
}
