/**
 * Signing in with an OpenID provider, which the test plays: PKCE on the way out, no token on the way
 * back.
 */
import { createHash } from "node:crypto";

import { expect, type Page } from "@playwright/test";

import { test } from "./person.ts";
import { Watch } from "./watch.ts";

const ISSUER = "https://id.example";

declare global {
  interface Window {
    sent?: Record<string, string>;
  }
}

/** In the page, since not every browser tells what a page has sent: Firefox, by BiDi, does not. */
function keepWhatIsSent(): void {
  const { fetch } = window;
  const sent: Record<string, string> = (window.sent = {});
  window.fetch = async (input, init) => {
    const url = input instanceof Request ? input.url : String(input);
    if (init?.body instanceof URLSearchParams) sent[url] = init.body.toString();
    return fetch(input, init);
  };
}

async function sentTo(page: Page, url: string): Promise<string> {
  return page.evaluate((address) => window.sent?.[address] ?? "", url);
}

test("by redirect and PKCE, with the token in memory only", async ({ page, baseURL, request }) => {
  const watch = new Watch(page);
  const asked = { challenge: "" };
  await page.addInitScript(keepWhatIsSent);
  const signedIn: { idToken: string } = await (
    await request.post("/local/identity/token", { data: { user: "frank" } })
  ).json();

  await page.route("**/config.json", async (route) =>
    route.fulfill({
      json: {
        api: "./",
        signIn: { kind: "oidc", issuer: ISSUER, clientId: "livepass", name: "Example" },
      },
    }),
  );
  await page.route(`${ISSUER}/**`, async (route) => {
    const url = new URL(route.request().url());
    const headers = { "access-control-allow-origin": "*" };
    switch (url.pathname) {
      case "/.well-known/openid-configuration":
        return route.fulfill({
          headers,
          json: {
            issuer: ISSUER,
            authorization_endpoint: `${ISSUER}/authorize`,
            token_endpoint: `${ISSUER}/token`,
          },
        });
      case "/authorize": {
        asked.challenge = url.searchParams.get("code_challenge") ?? "";
        const back = new URL(url.searchParams.get("redirect_uri") ?? "");
        back.search = new URLSearchParams({
          code: "c-1",
          state: url.searchParams.get("state") ?? "",
        }).toString();
        return route.fulfill({ status: 302, headers: { location: back.href } });
      }
      default: {
        const { idToken } = signedIn;
        return route.fulfill({
          headers,
          json: {
            id_token: idToken,
            access_token: "at-1",
            token_type: "Bearer",
            expires_in: 3600,
            scope: "openid",
          },
        });
      }
    }
  });

  await page.goto("/index.html");
  await page.getByRole("button", { name: "Continue with Example" }).click();
  await expect(page.getByRole("button", { name: "Start talking" })).toBeVisible();

  expect(page.url()).toBe(`${baseURL}/index.html`);
  const verifier = new URLSearchParams(await sentTo(page, `${ISSUER}/token`)).get("code_verifier") ?? "";
  expect(createHash("sha256").update(verifier).digest("base64url")).toBe(asked.challenge);
  await watch.sawTokens(1);
  await watch.noTokenIsLeft();
  expect(watch.said()).toEqual([]);
});
