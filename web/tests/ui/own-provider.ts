/**
 * node-oidc-provider, a certified OpenID provider, and the page as `make run` serves it with that for
 * its sign-in. What people do there, they do on its own pages.
 */
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { expect, test as base, type Page } from "@playwright/test";

import { freePort, serve } from "./serve.mjs";

const ROOT = join(import.meta.dirname, "../../..");
const TESTS = join(ROOT, "tests");
/** How long ID tokens live, with and without refresh tokens; oidc_provider.mjs has the same. */
export const RENEWED_S = 8;
export const SHORT_S = 30;
const ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"];

interface Own {
  readonly url: string;
  readonly issuer: string;
}

export const test = base.extend<{ signIn: Readonly<Record<string, string>> }, { own: Own }>({
  own: [
    async ({}, use) => {
      const own = await start();
      await use(own);
      own.close();
    },
    { scope: "worker" },
  ],
  baseURL: async ({ own }, use) => use(own.url),
  ignoreHTTPSErrors: true,
  /** What of `signIn` in config.json is another. */
  signIn: [{}, { option: true }],
  page: async ({ page, signIn }, use) => {
    await page.route("**/config.json", async (route) => {
      const response = await route.fetch();
      const config = await response.json();
      await route.fulfill({
        response,
        json: { ...config, signIn: { ...config.signIn, name: "Example", ...signIn } },
      });
    });
    await use(page);
  },
});

async function start(): Promise<Own & { close(): void }> {
  const folder = mkdtempSync(join(tmpdir(), "livepass-provider-"));
  const make =
    "import sys, pathlib; from emulator.throwaway_ca import issue; issue(pathlib.Path(sys.argv[1]))";
  execFileSync(join(ROOT, ".venv/bin/python"), ["-c", make, folder], {
    env: { ...process.env, PYTHONPATH: `${ROOT}/functions:${TESTS}` },
  });
  const port = await freePort();
  const provider = spawn(process.execPath, ["support/identity/oidc_provider.mjs"], {
    cwd: TESTS,
    stdio: ["pipe", "pipe", "ignore"],
    env: {
      ...process.env,
      LIVEPASS_PAGE: `http://127.0.0.1:${port}/index.html`,
      LIVEPASS_TLS: folder,
    },
  });
  const issuer = await new Promise<string>((resolve) =>
    createInterface(provider.stdout).once("line", resolve),
  );
  const audience = ALGORITHMS.map((algorithm) => `livepass-${algorithm}`);
  const served = await serve({
    port,
    settings: {
      ISSUER: issuer,
      AUDIENCE: "livepass-RS256",
      SCOPE: "profile offline_access",
      SSL_CERT_FILE: join(folder, "ca.pem"),
      LIVE_API_ISSUERS: JSON.stringify([{ issuer, audience }]),
      LIVE_API_CLOCK_LEEWAY_SECONDS: "0",
      LIVE_API_COOLDOWN_PERIOD_MINUTES: "0",
    },
  });
  const close = (): void => {
    served.close();
    provider.stdin.end();
    rmSync(folder, { recursive: true, force: true });
  };
  return { url: served.url, issuer, close };
}

/** Go to the provider, say who one is, and allow what it asks for. */
export async function signInThere(page: Page, name: string): Promise<void> {
  await goThere(page, name);
  await page.getByRole("button", { name: "Continue", exact: true }).click();
  await expect(page.getByRole("button", { name: "Start talking" })).toBeVisible();
}

export async function goThere(page: Page, name: string): Promise<void> {
  await page.getByRole("button", { name: "Continue with Example" }).click();
  await page.getByPlaceholder("Enter any login").fill(name);
  await page.getByPlaceholder("and password").fill("any");
  await page.getByRole("button", { name: "Sign-in" }).click();
}

export async function expectSignedInAs(page: Page, name: string): Promise<void> {
  await page.getByRole("button", { name: "Account and more" }).click();
  await expect(page.locator("#menu")).toContainText(`Signed in as ${name}`);
  await page.keyboard.press("Escape");
}
