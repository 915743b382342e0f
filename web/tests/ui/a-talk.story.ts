/** A whole talk, with a keyboard. Its name makes it the first to run, because it is the longest. */
import { expect, type Page } from "@playwright/test";

import { findings } from "./axe.ts";
import { log, signIn, silence, status, tabTo, TALK_MS, test, write } from "./person.ts";
import { Watch } from "./watch.ts";

test("from signing in to the cooldown, and back after a reload", async ({ page, request }) => {
  test.setTimeout(240_000);
  const watch = new Watch(page);

  await test.step("sign in, by keyboard", async () => {
    await page.goto("/");
    await expect(page.getByLabel("Your name")).toBeVisible();
    expect(await findings(page)).toEqual([]);
    await page.keyboard.press("Tab");
    await page.keyboard.type("alice");
    await page.keyboard.press("Enter");
    await expect(page.getByRole("button", { name: "Start talking" })).toBeVisible();
    await expect(page.getByText("10 of 10 left")).toBeVisible();
  });

  await test.step("start, by keyboard", async () => {
    await tabTo(page, page.getByRole("button", { name: "Start talking" }));
    await page.keyboard.press("Enter");
    await expect(page.getByRole("button", { name: "End the talk" })).toBeFocused();
    await expect(status(page)).toHaveText(/Listening|speaking/);
  });

  await test.step("speak, hear the echo, speak over it", async () => {
    await expect(
      log(page)
        .getByText(/seconds of speech/)
        .first(),
    ).toBeVisible({ timeout: TALK_MS });
    await expect(status(page)).toHaveText(/Gemini is speaking/, { timeout: TALK_MS });
    await expect(log(page).getByText("interrupted").first()).toBeVisible({ timeout: TALK_MS });
    expect(await findings(page)).toEqual([]);
  });

  await test.step("mute", async () => {
    await tabTo(page, page.getByRole("button", { name: "Mute" }));
    await page.keyboard.press("Enter");
    await expect(page.getByRole("button", { name: "Mute" })).toHaveAttribute("aria-pressed", "true");
    // What was said before it is still heard to its end, and would interrupt what is answered next.
    await expect(
      log(page)
        .getByText(/seconds of speech/)
        .nth(2),
    ).toBeVisible({ timeout: TALK_MS });
  });

  await test.step("type", async () => {
    await write(page, "Good morning");
    await expect(log(page).getByText("You wrote: Good morning")).toBeVisible({ timeout: TALK_MS });
  });

  await test.step("share the screen", async () => {
    await page.getByRole("button", { name: "Screen" }).press("Enter");
    await expect(page.locator(".preview video")).toBeVisible();
    await expect(page.getByRole("button", { name: "Screen" })).toHaveAttribute("aria-pressed", "true");
    await page.waitForTimeout(1500); // a frame a second
    await write(page, "What do you see?");
    await expect(log(page).getByText(/I see a \d+ by \d+ picture/)).toBeVisible({ timeout: TALK_MS });
    await page.getByRole("button", { name: "Screen" }).press("Enter");
    await expect(page.locator(".preview")).toHaveCount(0);
  });

  await test.step("ask for the weather", async () => {
    await write(page, "What is the weather in Lisbon?");
    await expect(log(page).getByText(/^\s*Weather Lisbon/)).toBeVisible({ timeout: TALK_MS });
    await expect(log(page).getByText("answered")).toBeVisible({ timeout: TALK_MS });
    await expect(log(page).getByText(/get_weather says/)).toBeVisible({ timeout: TALK_MS });
  });

  await test.step("lose the connection, and go on", async () => {
    await request.post("/local/gemini/_emulator/faults", { data: { on: "open", do: "cut" } });
    await expect(log(page).getByText("Reconnected; nothing was lost.")).toBeVisible({
      timeout: TALK_MS,
    });
    await write(page, "recap please");
    await expect(log(page).getByText(/You said: .*Good morning/)).toBeVisible({ timeout: TALK_MS });
  });

  await test.step("end, and meet the cooldown", async () => {
    await page.getByRole("button", { name: "End the talk" }).press("Enter");
    const start = page.getByRole("button", { name: "Start talking" });
    await expect(start).toHaveAttribute("aria-disabled", "true");
    await countsDown(page);
    expect(await findings(page)).toEqual([]);
  });

  await test.step("reload, and find everything as it was", async () => {
    await page.reload();
    await expect(page.getByText("9 of 10 left")).toBeVisible();
    await expect(log(page).getByText("You wrote: Good morning")).toBeVisible();
    await countsDown(page);
    expect(await findings(page)).toEqual([]);
  });

  await test.step("resume, in the cooldown", async () => {
    await tabTo(page, page.getByRole("button", { name: "Resume your talk" }));
    await page.keyboard.press("Enter");
    await expect(log(page).getByText("Talk resumed. Gemini remembers what was said.")).toBeVisible({
      timeout: TALK_MS,
    });
    await page.getByRole("button", { name: "Mute" }).press("Enter");
    await silence(page);
    await write(page, "recap please");
    await expect(
      log(page)
        .getByText(/You said: .*Good morning/)
        .nth(1),
    ).toBeVisible({ timeout: TALK_MS });
  });

  await test.step("reload in the middle of it, and resume again", async () => {
    await write(page, "The door is red");
    await expect(log(page).getByText("You wrote: The door is red")).toBeVisible({ timeout: TALK_MS });
    await page.reload();
    await page.getByRole("button", { name: "Resume your talk" }).click();
    await expect(page.getByRole("button", { name: "End the talk" })).toBeVisible();
    await expect(log(page).getByText("You wrote: The door is red")).toBeVisible();
    await page.getByRole("button", { name: "Mute" }).click();
    await silence(page);
    await write(page, "recap please");
    await expect(log(page).getByText(/You said: .*The door is red/)).toBeVisible({ timeout: TALK_MS });
  });

  await test.step("end the talk that is still open", async () => {
    await page.getByRole("button", { name: "Your talks" }).press("Enter");
    await expect(page.getByRole("dialog")).toBeVisible();
    expect(await findings(page)).toEqual([]);
    await page.getByRole("button", { name: /^End the talk from/ }).press("Enter");
    await expect(page.getByRole("dialog").getByText("Ended", { exact: true })).toBeVisible();
    await page.keyboard.press("Escape");
    await expect(page.getByRole("button", { name: "Your talks" })).toBeFocused();
    await expect(page.getByText("3 of 3 left")).toBeVisible();
    await expect(page.getByRole("button", { name: "Resume your talk" })).toHaveCount(0);
    expect(await page.evaluate(() => sessionStorage.getItem("livepass.talk"))).toBeNull();
  });

  await watch.sawTokens(3);
  await watch.noTokenIsLeft();
  expect(watch.said()).toEqual([]);
});

test("push-to-talk by the space bar", async ({ page }) => {
  await signIn(page, "bob");
  await page.getByRole("button", { name: "Settings" }).press("Enter");
  await page.getByLabel("When I release the button").check();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Start talking" }).press("Enter");
  await expect(status(page)).toHaveText(/Hold the button/);

  await page.locator("main").focus();
  await page.keyboard.down("Space");
  await expect(page.getByRole("button", { name: "Hold to talk" })).toHaveAttribute(
    "aria-pressed",
    "true",
  );
  await expect
    .poll(
      async () =>
        page
          .getByLabel("You", { exact: true })
          .evaluate((meter) => (meter instanceof HTMLMeterElement ? meter.value : 0)),
      { timeout: TALK_MS, intervals: [50] },
    )
    .toBeGreaterThan(0.05);
  await page.waitForTimeout(700);
  await page.keyboard.up("Space");

  await expect(page.getByRole("button", { name: "Hold to talk" })).toHaveAttribute(
    "aria-pressed",
    "false",
  );
  await expect(
    log(page)
      .getByText(/seconds of speech/)
      .first(),
  ).toBeVisible({ timeout: TALK_MS });
});

test("the developer drawer tells all but the token", async ({ page }) => {
  const watch = new Watch(page);
  await signIn(page, "dave");
  await page.getByRole("button", { name: "Account and more" }).click();
  await page.getByRole("button", { name: "For developers" }).click();
  await page.getByRole("button", { name: "Start talking" }).click();

  await expect(page.getByRole("complementary").getByText("connecting → live")).toBeVisible();
  await expect(page.getByRole("complementary").getByText("Refreshes left")).toBeVisible();

  await page.getByRole("complementary").getByRole("button", { name: "Close" }).press("Enter");
  await expect(page.getByRole("button", { name: "Account and more" })).toBeFocused();
  await watch.sawTokens(2);
  await watch.noTokenIsLeft();
});

/** The waiting time is shown, and counts down. */
async function countsDown(page: Page): Promise<void> {
  const hint = page.getByText(/can start a new one in \d:\d\d/);
  await expect(hint).toBeVisible();
  const before = await hint.textContent();
  await expect(hint).not.toHaveText(before ?? "", { timeout: 5000 });
}
