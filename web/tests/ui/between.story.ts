/** Reconnecting: the talk continues, and people keep control of it. */
import { expect, type APIRequestContext, type Page } from "@playwright/test";

import { log, signIn, status, talks, test, TALK_MS } from "./person.ts";

for (const [how, moves] of [
  ["the mouse", byMouse],
  ["the space bar", byKey],
] as const) {
  test(`someone who releases push-to-talk by ${how} during a reconnection is no longer heard`, async ({
    page,
    request,
  }) => {
    const [press, release] = moves(page);
    const button = page.getByRole("button", { name: "Hold to talk" });
    await signIn(page, moves.name);
    await page.getByRole("button", { name: "Settings" }).click();
    await page.getByLabel("When I release the button").check();
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Start talking" }).click();
    await expect(button).toBeVisible();
    await press();
    await expect(button).toHaveAttribute("aria-pressed", "true");

    await loseConnection(page, request);
    await release();

    await expect(button).toHaveAttribute("aria-pressed", "false");
    await expect(status(page)).toHaveText(/Hold the button/, { timeout: TALK_MS });
    await expect(button).toHaveAttribute("aria-pressed", "false");
  });
}

test("what is written is written on, sent and answered, and who is muted stays so", async ({
  page,
  request,
}) => {
  await talks(page, "iris");
  const words = page.getByLabel("Message Gemini");
  await words.pressSequentially("Half a sen");

  await loseConnection(page, request);
  await expect(page.getByRole("button", { name: "Mute" })).toHaveAttribute("aria-pressed", "true");
  await page.keyboard.type("tence");
  await page.keyboard.press("Enter");

  await expect(words).toHaveValue("");
  await expect(log(page).getByText("You wrote: Half a sentence")).toBeVisible({ timeout: TALK_MS });
  await expect(words).toBeFocused();
});

/** Lasts about two seconds, because the next connections are refused. */
async function loseConnection(page: Page, request: APIRequestContext): Promise<void> {
  const fault = async (data: object): Promise<unknown> =>
    request.post("/local/gemini/_emulator/faults", { data });
  await fault({ on: "socket", do: "refuse", times: 2 });
  await fault({ on: "open", do: "cut" });
  await expect(status(page)).toHaveText(/Reconnecting/);
}

type Moves = readonly [() => Promise<void>, () => Promise<void>];

function byMouse(page: Page): Moves {
  const press = async (): Promise<void> => {
    await page.getByRole("button", { name: "Hold to talk" }).hover();
    await page.mouse.down();
  };
  return [press, async () => page.mouse.up()];
}

function byKey(page: Page): Moves {
  const press = async (): Promise<void> => {
    await page.locator("main").focus();
    await page.keyboard.down("Space");
  };
  return [press, async () => page.keyboard.up("Space")];
}
