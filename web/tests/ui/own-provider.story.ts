/** Whole visits with a certified OpenID provider that nobody here wrote, on its own pages. */
import { expect, type Page } from "@playwright/test";

import { expectSignedInAs, goThere, RENEWED_S, SHORT_S, signInThere, test } from "./own-provider.ts";
import { startTalking } from "./person.ts";
import { Watch } from "./watch.ts";

const button = (page: Page, name: string) => page.getByRole("button", { name });

async function signOut(page: Page): Promise<void> {
  await button(page, "Account and more").click();
  await button(page, "Sign out").click();
}

test("the talk goes past the ID token's end; signing out lets the next person sign in", async ({
  page,
  own,
  request,
}) => {
  const watch = new Watch(page);
  const revoked = page.waitForRequest(/\/token\/revocation$/);
  await page.goto("/");
  await signInThere(page, "alice");
  expect(new URL(page.url()).pathname).toBe("/index.html");
  await expectSignedInAs(page, "alice of");

  await startTalking(page);
  await page.waitForTimeout(RENEWED_S * 1000);
  await button(page, "Your talks").click();
  await expect(page.getByRole("dialog")).toContainText("this one");
  await page.keyboard.press("Escape");
  // Asked there, since not every browser tells what a page has sent.
  const granted = await (await request.get(`${own.issuer}/tests/granted`)).json();
  expect(granted).toContain("refresh_token");
  await button(page, "End the talk").click();
  await watch.noTokenIsLeft();

  await signOut(page);
  await revoked;
  await page.getByRole("button", { name: "Yes, sign me out" }).click();
  await signInThere(page, "bob");
  await expectSignedInAs(page, "bob of");
});

test.describe("without refresh tokens", () => {
  test.use({ signIn: { clientId: "livepass-ES256", scope: "profile" } });

  test("a talk ends and is reported, and the visit goes on without a question", async ({ page }) => {
    await page.goto("/");
    await signInThere(page, "carol");
    await startTalking(page);
    await page.getByLabel("Message Gemini").fill("hello");
    await page.keyboard.press("Enter");
    await expect(page.getByRole("log")).toContainText("hello");
    await page.waitForTimeout(SHORT_S * 1000);

    const reported = page.waitForResponse(
      (answer) => answer.url().endsWith("/usage") && answer.request().method() === "POST",
    );
    const silent = page.waitForRequest(/\/auth\?.*prompt=none/);
    await button(page, "End the talk").click();

    expect((await reported).status()).toBe(204);
    await silent;
    await expect(button(page, "Resume your talk")).toBeVisible();
    await expectSignedInAs(page, "carol of");
  });

  test("once the provider has forgotten the person, the page asks them", async ({ page, context }) => {
    await page.clock.install();
    await page.goto("/");
    await signInThere(page, "dora");
    await page.clock.fastForward(SHORT_S * 1000);
    await context.clearCookies();

    await button(page, "Your talks").click();

    await expect(page.getByRole("alert")).toContainText("Your sign-in has expired.");
    await expect(button(page, "Continue with Example")).toBeVisible();
  });
});

for (const algorithm of ["PS256", "EdDSA"])
  test.describe(`signed by ${algorithm}`, () => {
    test.use({ signIn: { clientId: `livepass-${algorithm}`, prompt: "", scope: "profile" } });

    test("is as good", async ({ page }) => {
      await page.goto("/index.html");
      await signInThere(page, "erin");
      await startTalking(page);
      await button(page, "End the talk").click();
    });
  });

test("a refusal there is told here", async ({ page }) => {
  await page.goto("/");
  await button(page, "Continue with Example").click();
  await page.getByRole("link", { name: "Cancel" }).click();
  await expect(page.getByRole("alert")).toContainText("Sign-in was cancelled.");
});

test.describe("a provider that allows no page", () => {
  test.use({ signIn: { clientId: "livepass-Ed25519" } });

  test("is told apart from one that is away", async ({ page }) => {
    const watch = new Watch(page);
    await page.goto("/");
    await goThere(page, "fay");
    await page.getByRole("button", { name: "Continue", exact: true }).click();

    await expect(page.getByRole("alert")).toContainText(
      "This page isn’t allowed to read Example’s answers.",
    );
    expect(watch.said().join("\n")).toContain("Allow that origin there (CORS)");
  });
});
