/** How the page asks an OpenID provider, which is written here, and what it asks for at the end. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import type { OidcSignIn } from "../../site/deployment/config.ts";
import { oidcSignIn } from "../../site/sign-in/oidc.ts";
import { reason, storage } from "./sign-in-parts.ts";

const ISSUER = "https://id.example";
const HOME = "https://app.example/index.html";
const { signal } = new AbortController();
const config: OidcSignIn = {
  kind: "oidc",
  issuer: ISSUER,
  clientId: "livepass",
  name: "Example",
  scope: "profile offline_access",
  origins: [],
};
let discovery: Record<string, unknown>;
let asked: [path: string, body: string][];
let went: URL[];
let kept: Storage;

const base64 = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
const idToken = (claims: object): string => `${base64({ alg: "none" })}.${base64(claims)}.`;
/** The provider's clock is two hours ahead of this device's. */
const AHEAD_S = 7200;
const claims = { iss: ISSUER, sub: "s", aud: "livepass", name: "Ann" };
let answers: Record<string, unknown>[];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
  discovery = {
    issuer: ISSUER,
    authorization_endpoint: `${ISSUER}/authorize`,
    token_endpoint: `${ISSUER}/token`,
  };
  [asked, went, answers, kept] = [[], [], [], storage()];
  const navigate = (url: string): void => void went.push(new URL(url));
  const location = { href: HOME, origin: "https://app.example", replace: navigate, assign: navigate };
  const window = { location, top: { location }, self: { location }, addEventListener: () => undefined };
  vi.stubGlobal("window", window);
  vi.stubGlobal("sessionStorage", kept);
  vi.stubGlobal("history", { replaceState: () => undefined });
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  vi.stubGlobal("fetch", async (input: string, init?: RequestInit) => {
    const { pathname } = new URL(input);
    if (pathname.startsWith("/.well-known")) return Response.json(discovery);
    asked.push([pathname, String(init?.body ?? "")]);
    const answer = answers.shift() ?? {};
    return Response.json(answer, { status: "error" in answer ? 400 : 200 });
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

function token(more: object = {}, life = 3600): Record<string, unknown> {
  const iat = Math.floor(Date.now() / 1000) + AHEAD_S;
  return {
    id_token: idToken({ ...claims, jti: crypto.randomUUID(), iat, exp: iat + life }),
    access_token: "at",
    token_type: "Bearer",
    ...more,
  };
}

/** Leave for the provider; what it was asked. `signinRedirect` waits for the page to go away. */
async function leaves(of: OidcSignIn = config): Promise<URLSearchParams> {
  void oidcSignIn(of, new URL(HOME), kept).enter({ way: "provider" }, signal);
  await vi.waitFor(() => expect(went).toHaveLength(1));
  return went.splice(0)[0]?.searchParams ?? new URLSearchParams();
}

/** Come back from it, with a code or with what it says instead. */
async function comesBack(first: Record<string, unknown>, of = config) {
  const out = await leaves(of);
  answers = [first];
  const back = new URL(`${HOME}?code=c&state=${out.get("state")}`);
  const signIn = oidcSignIn(of, back, kept);
  return { signIn, person: await signIn.resume(signal) };
}

test.each([
  [
    "consent where offline_access is asked for",
    {},
    undefined,
    "consent",
    "openid profile offline_access",
  ],
  ["nothing where it is not", { scope: "profile" }, undefined, null, "openid profile"],
  ["what config.json says", { prompt: "" }, undefined, null, "openid profile offline_access"],
  [
    "select_account, too",
    { prompt: "select_account consent" },
    undefined,
    "select_account consent",
    "openid profile offline_access",
  ],
  [
    "nothing where the provider lists no offline_access",
    {},
    ["openid", "profile"],
    null,
    "openid profile",
  ],
  [
    "consent where it lists it",
    {},
    ["openid", "offline_access"],
    "consent",
    "openid profile offline_access",
  ],
])("asks for %s", async (_, more, supported, prompt, scope) => {
  discovery["scopes_supported"] = supported;

  const out = await leaves({ ...config, ...more });

  expect([out.get("prompt"), out.get("scope")]).toEqual([prompt, scope]);
  expect(out.get("redirect_uri")).toBe(HOME);
  expect(out.get("code_challenge_method")).toBe("S256");
});

test("a token lives as long as the provider says, whatever this device's clock", async () => {
  const { signIn, person } = await comesBack(token());

  const now = Date.now();
  vi.setSystemTime(now + 3_500_000);
  expect(await signIn.idToken(signal)).not.toBe("");
  vi.setSystemTime(now + 3_600_000);
  expect(await reason(signIn.idToken(signal))).toBe("expired");
  expect(person).toEqual({ name: "Ann" });
});

test("a refresh token that rotates is replaced, one that is refused ends the visit", async () => {
  const { signIn } = await comesBack(token({ refresh_token: "r1" }, 50));
  answers = [token({ refresh_token: "r2" }, 50), { error: "invalid_grant" }];

  await signIn.idToken(signal, { refresh: true });
  expect(await reason(signIn.idToken(signal, { refresh: true }))).toBe("expired");

  const sent = asked.slice(1).map(([, body]) => new URLSearchParams(body).get("refresh_token"));
  expect(sent).toEqual(["r1", "r2"]);
  expect(
    JSON.stringify([...Array(kept.length).keys()].map((n) => kept.getItem(kept.key(n) ?? ""))),
  ).not.toContain("r2");
});

test("signing out revokes, ends the session there, and has the next sign-in ask", async () => {
  discovery["revocation_endpoint"] = `${ISSUER}/revoke`;
  discovery["end_session_endpoint"] = `${ISSUER}/end`;
  const { signIn } = await comesBack(token({ refresh_token: "r1" }));

  void signIn.leave();
  await vi.waitFor(() => expect(went).toHaveLength(1));

  const [to] = went.splice(0);
  expect(new URLSearchParams(asked.at(-1)?.[1]).get("token")).toBe("r1");
  expect(to?.pathname).toBe("/end");
  expect(to?.searchParams.get("client_id")).toBe("livepass");
  expect(to?.searchParams.get("post_logout_redirect_uri")).toBe(HOME);
  expect(to?.searchParams.get("id_token_hint")).not.toBeNull();
  expect((await leaves()).get("prompt")).toBe("login consent");
});

test("where the provider cannot be signed out of, the page says so", async () => {
  const { signIn } = await comesBack(token());

  expect((await signIn.leave())?.title).toBe("You’re signed out here.");
  expect((await leaves({ ...config, prompt: "" })).get("prompt")).toBe("login");
});

test("a sign-in that expired is renewed silently, but not one that was refused at once", async () => {
  const { signIn } = await comesBack(token());

  await signIn.leave("expired");
  expect(went).toEqual([]);
  const later = await comesBack(token());
  vi.setSystemTime(Date.now() + 1_900_000);
  void later.signIn.leave("expired");
  await vi.waitFor(() => expect(went).toHaveLength(1));
  expect(went[0]?.searchParams.get("prompt")).toBe("none");
});

test.each([
  ["access_denied", "cancelled"],
  ["login_required", "expired"],
  ["invalid_scope", "refused"],
  ["temporarily_unavailable", "unreachable"],
])("%s at the provider is %s", async (code, why) => {
  const out = await leaves();
  const back = new URL(`${HOME}?error=${code}&state=${out.get("state")}`);

  expect(await reason(oidcSignIn(config, back, kept).resume(signal))).toBe(why);
});

test("an answer to a sign-in of another tab is not taken", async () => {
  const back = new URL(`${HOME}?code=c&state=elsewhere`);

  expect(await reason(oidcSignIn(config, back, kept).resume(signal))).toBe("refused");
  expect(asked).toEqual([]);
});
