/** Each refusal of an OpenID provider: what people read, and what the operator does. */
import { ErrorResponse, ErrorTimeout } from "oidc-client-ts";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { providerFailure } from "../../site/sign-in/provider-failures.ts";

const config = {
  kind: "oidc",
  issuer: "https://id.example",
  clientId: "livepass",
  name: "Example",
  scope: "profile offline_access",
  origins: [],
} as const;
const step = {
  config,
  home: "https://app.example/index.html",
  asked: "https://id.example/token",
  scope: "openid profile offline_access",
};
let told: string[] = [];

beforeEach(() => {
  told = [];
  vi.spyOn(console, "error").mockImplementation((line: string) => void told.push(line));
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

const refusal = (error: string, error_description: string | null = null) =>
  new ErrorResponse({ error, error_description });

test.each([
  ["invalid_scope", "Take what it doesn't have out of signIn.scope"],
  ["unauthorized_client", "Allow client livepass the authorization code flow, and refresh tokens"],
  ["invalid_client", "register it as a public client"],
  ["unsupported_response_type", 'the response type "code"'],
  ["unsupported_grant_type", "authorization_code and refresh_token"],
  ["invalid_request", "Register exactly https://app.example/index.html as redirect URI, and allow PKCE"],
  ["invalid_grant", "the redirect URI isn't exactly https://app.example/index.html"],
  ["invalid_target", "must name a resource"],
  ["unmet_authentication_requirements", "as strongly as"],
  ["registration_not_supported", "Register client livepass"],
  ["request_not_supported", "signed requests"],
  ["request_uri_not_supported", "pushed requests"],
  ["invalid_request_object", "signed requests"],
  ["invalid_request_uri", "pushed requests"],
])("%s is the operator's to mend", async (code, mend) => {
  const failure = await providerFailure(refusal(code, "why\nso"), step);

  expect(failure.told?.title).toBe("Example doesn’t accept this page’s sign-in.");
  expect(failure.told?.more).toContain(code);
  expect(told).toEqual([expect.stringContaining(`${step.asked} refused: ${code}: why so. `)]);
  expect(told[0]).toContain(mend);
});

test.each(["server_error", "temporarily_unavailable"])("%s passes", async (code) => {
  const failure = await providerFailure(refusal(code), step);

  expect(failure.told?.title).toBe("Example has a problem.");
  expect(failure.reason).toBe("unreachable");
});

test.each(["login_required", "interaction_required", "consent_required", "account_selection_required"])(
  "%s only means that the provider wants to ask",
  async (code) => {
    expect((await providerFailure(refusal(code), step)).reason).toBe("expired");
    expect(told).toEqual([]);
  },
);

test("only what the person did is a cancellation", async () => {
  const failure = await providerFailure(refusal("access_denied"), step);

  expect([failure.reason, failure.told]).toEqual(["cancelled", undefined]);
});

test("a code that nobody knows is not repeated to people", async () => {
  const failure = await providerFailure(refusal("<b>call 555-0100</b>"), step);

  expect(failure.told?.more).not.toContain("555");
  expect(told[0]).toContain("555-0100");
});

test.each([
  [new ErrorTimeout("Network timed out"), "Example took too long to answer."],
  [
    new Error("No matching state found in storage"),
    "This sign-in wasn’t started here, or too long ago.",
  ],
  [new Error("State does not match"), "This sign-in wasn’t started here, or too long ago."],
  [
    new Error("Crypto.subtle is available only in secure contexts (HTTPS)."),
    "Your browser can’t sign in at this address.",
  ],
  [
    new Error("Invalid response Content-Type: text/html, from URL: x"),
    "Example’s answer makes no sense.",
  ],
])("%s", async (error, title) => {
  expect((await providerFailure(error, step)).told?.title).toBe(title);
  expect(told).toHaveLength(1);
});

test("an answer that no page may read is told apart from a provider that is away", async () => {
  const cause = new TypeError("Failed to fetch");
  vi.stubGlobal("fetch", async () => new Response(null));
  const closed = await providerFailure(cause, step);
  vi.stubGlobal("fetch", async () => Promise.reject(cause));
  const away = await providerFailure(cause, step);

  expect(closed.told?.title).toBe("This page isn’t allowed to read Example’s answers.");
  expect(told[0]).toContain("lets no page of https://app.example read it");
  expect(away.told?.title).toBe("Can’t reach Example.");
});

test("a token endpoint that the policy does not know is named, with where to add it", async () => {
  const elsewhere = { ...step, asked: "https://token.example/x" };

  await providerFailure(new TypeError("Failed to fetch"), elsewhere);

  expect(told[0]).toContain('Add "https://token.example" to signIn.origins');
});
