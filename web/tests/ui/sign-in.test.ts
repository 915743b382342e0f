/** Signing in, against servers written here. */
import type { User } from "oidc-client-ts";
import { afterEach, describe, expect, test, vi } from "vitest";

import { BadConfig, parseConfig } from "../../site/deployment/config.ts";
import { narrowedPolicy } from "../../site/deployment/narrow.ts";
import { identityPlatformSignIn } from "../../site/sign-in/identity-platform.ts";
import { homeOf } from "../../site/sign-in/home.ts";
import { KeptToken } from "../../site/sign-in/kept-token.ts";
import { localSignIn } from "../../site/sign-in/local.ts";
import { nameOf } from "../../site/sign-in/provider-name.ts";
import { reason, storage } from "./sign-in-parts.ts";

const { signal } = new AbortController();
const PAGE = new URL("https://app.example/talk/index.html");
const local = { kind: "local", url: "https://app.example/local/identity/token" } as const;
const cloud = {
  kind: "identity-platform",
  apiKey: "k",
  ways: ["google", "email", "anonymous"],
} as const;

/** Answers in this order, and records the requests. */
function server(...answers: readonly [status: number, body: unknown][]): string[] {
  const asked: string[] = [];
  vi.stubGlobal("fetch", async (url: string) => {
    asked.push(url);
    const [status, body] = answers[asked.length - 1] ?? [500, {}];
    return new Response(JSON.stringify(body), { status });
  });
  return asked;
}

afterEach(() => vi.unstubAllGlobals());

describe("a kept token", () => {
  test("is renewed a minute before its end, once for all who ask", async () => {
    let now = 0;
    let renewals = 0;
    const kept = new KeptToken(
      async () => ({ value: `t${(renewals += 1)}`, expiresAtMs: now + 3_600_000 }),
      () => now,
    );

    await kept.value(signal);
    now = 3_540_000 - 1;
    expect(await kept.value(signal)).toBe("t1");
    now += 1;
    expect(await Promise.all([kept.value(signal), kept.value(signal)])).toEqual(["t2", "t2"]);
  });

  test("that was refused is renewed though it looks good", async () => {
    let renewals = 0;
    const kept = new KeptToken(async () => ({ value: `t${(renewals += 1)}`, expiresAtMs: Infinity }));

    expect([await kept.value(signal), await kept.value(signal, { refresh: true })]).toEqual([
      "t1",
      "t2",
    ]);
  });

  test("that cannot be renewed is used to its last second", async () => {
    let now = 0;
    const kept = new KeptToken(
      async () => Promise.reject(new Error("no refresh token")),
      () => now,
    );
    kept.keep({ value: "t", expiresAtMs: 90_000 });

    now = 89_999;
    expect(await kept.value(signal)).toBe("t");
    await expect(kept.value(signal, { refresh: true })).rejects.toThrow("no refresh token");
    now = 90_000;
    await expect(kept.value(signal)).rejects.toThrow("no refresh token");
  });

  test("that has expired ends and reports a talk, and nobody is asked to renew it", async () => {
    let renewals = 0;
    const kept = new KeptToken(async () => ({ value: `t${(renewals += 1)}`, expiresAtMs: Infinity }));
    kept.keep({ value: "t0", expiresAtMs: -1 });

    expect(await kept.value(signal, { late: true })).toBe("t0");
    expect(renewals).toBe(0);
    expect(await kept.value(signal, { late: true, refresh: true })).toBe("t1");
  });

  test("is not kept when renewing failed", async () => {
    let works = false;
    const kept = new KeptToken(async () =>
      works ? { value: "t", expiresAtMs: Infinity } : Promise.reject(new Error("down")),
    );

    await expect(kept.value(signal)).rejects.toThrow("down");
    works = true;
    expect(await kept.value(signal)).toBe("t");
  });
});

describe("the local sign-in", () => {
  const answer = { idToken: "id-1", expiresAt: "2099-01-01T00:00:00Z" };

  test("keeps the name over a reload, and never the token", async () => {
    server([200, answer], [200, answer]);
    const kept = storage();

    await localSignIn(local, kept).enter({ way: "name", name: "alice" }, signal);

    expect(await localSignIn(local, kept).resume(signal)).toEqual({ name: "alice" });
    expect(
      JSON.stringify([...Array(kept.length).keys()].map((n) => kept.getItem(kept.key(n) ?? ""))),
    ).not.toContain("id-1");
  });

  test("asks nobody about a name it cannot use", async () => {
    const asked = server();

    expect(await reason(localSignIn(local, storage()).enter({ way: "name", name: "a b" }, signal))).toBe(
      "bad-name",
    );
    expect(asked).toEqual([]);
  });

  test.each([
    [500, "unreachable"],
    [400, "refused"],
  ])("%d is %s", async (status, why) => {
    server([status, {}]);

    expect(
      await reason(localSignIn(local, storage()).enter({ way: "name", name: "alice" }, signal)),
    ).toBe(why);
  });
});

describe("Identity Platform", () => {
  const entry = { way: "email", email: "a@b.example", password: "p", fresh: false } as const;

  // Answers that projects give but the Auth emulator does not.
  test.each([
    [400, "INVALID_LOGIN_CREDENTIALS", "wrong-password"],
    [400, "TOO_MANY_ATTEMPTS_TRY_LATER : Access to this account has been disabled", "too-many"],
    [400, "PASSWORD_DOES_NOT_MEET_REQUIREMENTS : Missing password requirements", "weak-password"],
    [400, "OPERATION_NOT_ALLOWED", "switched-off"],
    [400, "USER_DISABLED", "disabled"],
    [403, "Requests from this API client are blocked.", "refused"],
    [503, "UNAVAILABLE", "unreachable"],
  ])("%d %s is %s", async (status, message, why) => {
    server([status, { error: { message } }]);

    expect(await reason(identityPlatformSignIn(cloud, PAGE, storage()).enter(entry, signal))).toBe(why);
  });

  test("an account that wants a second factor is not taken for signed in", async () => {
    server([200, { mfaPendingCredential: "m", mfaInfo: [] }]);

    expect(await reason(identityPlatformSignIn(cloud, PAGE, storage()).enter(entry, signal))).toBe(
      "another-way",
    );
  });

  test("asks Google's own hosts when no emulator is named", async () => {
    const asked = server(
      [200, { idToken: "id-1", refreshToken: "r-1", expiresIn: "3600" }],
      [200, { id_token: "id-2", refresh_token: "r-2", expires_in: "3600" }],
    );
    const signIn = identityPlatformSignIn(cloud, PAGE, storage());

    await signIn.enter(entry, signal);
    await signIn.idToken(signal, { refresh: true });

    expect(asked).toEqual([
      "https://identitytoolkit.googleapis.com/v1/accounts:signInWithPassword?key=k",
      "https://securetoken.googleapis.com/v1/token?key=k",
    ]);
  });
});

describe("the redirect URI", () => {
  test.each([
    ["https://app.example/", "https://app.example/index.html"],
    ["https://app.example/index.html?code=c&state=s#top", "https://app.example/index.html"],
    ["https://storage.example/bucket/index.html", "https://storage.example/bucket/index.html"],
    ["http://127.0.0.1:8080/?x=/", "http://127.0.0.1:8080/index.html"],
    ["https://app.example/admin.html", "https://app.example/admin.html"],
  ])("of %s is %s", (page, home) => {
    expect(homeOf(new URL(page))).toBe(home);
  });
});

describe("a person's name", () => {
  const user = (claims: object) =>
    ({
      access_token: "at",
      profile: { sub: "s", iss: "i", aud: "a", exp: 1, iat: 0, ...claims },
    }) as User;

  test.each([
    [{ name: "Ann Lee", email: "a@b.example" }, "Ann Lee"],
    [{ given_name: "Ann", family_name: "Lee" }, "Ann Lee"],
    [{ given_name: "Ann", nickname: "Annie" }, "Ann"],
    [{ name: " ", preferred_username: "ann" }, "ann"],
    [{ nickname: "Annie" }, "Annie"],
    [{ name: 7, email: "a@b.example" }, "a@b.example"],
    [{}, ""],
  ])("%j is %s", async (claims, name) => {
    expect(await nameOf(user(claims), undefined)).toBe(name);
  });

  test("is asked for where the ID token has none, and only theirs is taken", async () => {
    server([200, { sub: "s", name: "Ann" }], [200, { sub: "other", name: "Eve" }], [500, {}]);

    expect(await nameOf(user({}), "https://id.example/me")).toBe("Ann");
    expect(await nameOf(user({}), "https://id.example/me")).toBe("");
    expect(await nameOf(user({}), "https://id.example/me")).toBe("");
  });
});

describe("config.json", () => {
  test("may say where things are from the page's folder", () => {
    const config = parseConfig({ api: "./", signIn: { kind: "local", url: "../id" } }, PAGE);

    expect(config).toEqual({
      api: "https://app.example/talk",
      signIn: { kind: "local", url: "https://app.example/id" },
    });
  });

  test.each([
    [{}],
    [{ api: "http://plain.example", signIn: local }],
    [{ api: "./", signIn: { kind: "other" } }],
    [{ api: "./", signIn: { kind: "identity-platform", apiKey: "k", ways: ["magic"] } }],
    [{ api: "javascript:alert(1)", signIn: local }],
    [{ api: "./", signIn: { kind: "oidc", issuer: "https://id.example", clientId: "c", prompt: 7 } }],
    [
      {
        api: "./",
        signIn: { kind: "oidc", issuer: "https://id.example", clientId: "c", prompt: "a&b" },
      },
    ],
  ])("%j is refused", (value) => {
    expect(() => parseConfig(value, PAGE)).toThrow(BadConfig);
  });

  test("narrows the policy to its own addresses and the page's folder", () => {
    const page = new URL("https://storage.googleapis.com/bucket/index.html");
    const policy = narrowedPolicy({ api: "https://api.example/x", signIn: cloud }, page);

    expect(policy.split("; ")).toEqual([
      "script-src https://storage.googleapis.com/bucket/",
      "worker-src https://storage.googleapis.com/bucket/",
      "style-src https://storage.googleapis.com/bucket/",
      "connect-src https://storage.googleapis.com/bucket/ wss://storage.googleapis.com wss://generativelanguage.googleapis.com https://api.example https://identitytoolkit.googleapis.com https://securetoken.googleapis.com",
    ]);
  });
});
