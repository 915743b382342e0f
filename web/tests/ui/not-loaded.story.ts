/** Scripts that are loaded later, when the network fails. */
import { expect } from "@playwright/test";

import { IN_FIREFOX, NO_MODULE_AGAIN } from "../browsers/firefox.ts";
import { signIn, test } from "./person.ts";

for (const part of ["opening", "signed-in"]) {
  test(`a page that cannot load its ${part} script says so, and loads it at a reload`, async ({
    page,
  }) => {
    await page.route(`**/assets/${part}-*.js`, async (route) => route.abort());
    await page.goto("/");
    await page.getByLabel("Your name").fill("nils");
    await page.getByRole("button", { name: "Continue" }).click();
    await expect(page.getByRole("alert")).toContainText("Can’t reach the server.");

    await page.unrouteAll();
    await page.getByRole("button", { name: "Reload" }).click();

    await expect(page.getByRole("button", { name: "Start talking" })).toBeVisible();
  });
}

for (const panel of ["Settings", "Your talks"]) {
  test(`a panel that cannot be loaded says so, and is loaded when it is opened again: ${panel}`, async ({
    page,
  }) => {
    test.skip(IN_FIREFOX, NO_MODULE_AGAIN);
    await signIn(page, "olga");
    await page.route("**/assets/*.js", async (route) => route.abort());
    await page.getByRole("button", { name: panel }).click();
    await expect(page.getByRole("alert")).toContainText("Can’t reach the server.");

    await page.unrouteAll();
    await page.getByRole("button", { name: panel }).click();

    await expect(page.getByRole("dialog", { name: panel })).toBeVisible();
  });
}
