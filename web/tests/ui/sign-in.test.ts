/** Signing in, against servers that are written here. */
import { afterEach, describe, expect, test, vi } from "vitest";

import { BadConfig, parseConfig } from "../../src/deployment/config.ts";
import { narrowedPolicy } from "../../src/deployment/narrow.ts";
import { identityPlatformSignIn } from "../../src/sign-in/identity-platform.ts";
import { KeptToken } from "../../src/sign-in/kept-token.ts";
import { localSignIn } from "../../src/sign-in/local.ts";
import type { SignInFailed } from "../../src/sign-in/sign-in.ts";

const { signal } = new AbortController();
const PAGE = new URL("https://app.example/talk/index.html");
const local = { kind: "local", url: "https://app.example/local/identity/token" } as const;
const cloud = { kind: "identity-platform", apiKey: "k", ways: ["google", "email", "anonymous"] } as const;
const account = { idToken: "id-1", refreshToken: "r-1", expiresIn: "3600", email: "a@b.example" };

interface Asked {
  readonly url: string;
  readonly body: unknown;
}

/** Answers in this order; what was asked is told. */
function server(...answers: readonly [status: number, body: unknown][]): Asked[] {
  const asked: Asked[] = [];
  vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
    asked.push({ url, body: JSON.parse(String(init.body)) });
    const [status, body] = answers[asked.length - 1] ?? [500, {}];
    return new Response(JSON.stringify(body), { status });
  });
  return asked;
}

function storage(): Storage {
  const kept = new Map<string, string>();
  return {
    get length() {
      return kept.size;
    },
    clear: () => kept.clear(),
    key: (index) => [...kept.keys()][index] ?? null,
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  };
}

async function reason(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => "nothing failed",
    (error: SignInFailed) => error.reason,
  );
}

afterEach(() => vi.unstubAllGlobals());

describe("a kept token", () => {
  test("is renewed a minute before its end, once for all who ask", async () => {
    let now = 0;
    let renewals = 0;
    const kept = new KeptToken(async () => ({ value: `t${(renewals += 1)}`, expiresAtMs: now + 3_600_000 }), () => now);

    await kept.value(signal);
    now = 3_540_000 - 1;
    expect(await kept.value(signal)).toBe("t1");
    now += 1;
    expect(await Promise.all([kept.value(signal), kept.value(signal)])).toEqual(["t2", "t2"]);
  });

  test("that was refused is renewed though it looks good", async () => {
    let renewals = 0;
    const kept = new KeptToken(async () => ({ value: `t${(renewals += 1)}`, expiresAtMs: Infinity }));

    expect([await kept.value(signal), await kept.value(signal, true)]).toEqual(["t1", "t2"]);
  });

  test("is not kept when renewing failed", async () => {
    let works = false;
    const kept = new KeptToken(async () => (works ? { value: "t", expiresAtMs: Infinity } : Promise.reject(new Error("down"))));

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
    expect(JSON.stringify([...Array(kept.length).keys()].map((n) => kept.getItem(kept.key(n) ?? "")))).not.toContain("id-1");
  });

  test("asks nobody about a name that will not do", async () => {
    const asked = server();

    expect(await reason(localSignIn(local, storage()).enter({ way: "name", name: "a b" }, signal))).toBe("bad-name");
    expect(asked).toEqual([]);
  });

  test.each([
    [500, "unreachable"],
    [400, "refused"],
  ])("%d is %s", async (status, why) => {
    server([status, {}]);

    expect(await reason(localSignIn(local, storage()).enter({ way: "name", name: "alice" }, signal))).toBe(why);
  });
});

describe("Identity Platform", () => {
  test("signs in by e-mail, and renews by the refresh token", async () => {
    const asked = server([200, account], [200, { id_token: "id-2", refresh_token: "r-2", expires_in: "3600" }]);
    const signIn = identityPlatformSignIn(cloud, PAGE, storage());

    const person = await signIn.enter({ way: "email", email: "a@b.example", password: " p ", fresh: false }, signal);

    expect(person).toEqual({ name: "a@b.example" });
    expect(await signIn.idToken(signal)).toBe("id-1");
    expect(await signIn.idToken(signal, true)).toBe("id-2");
    expect(asked.map(({ url }) => url)).toEqual([
      "https://identitytoolkit.googleapis.com/v1/accounts:signInWithPassword?key=k",
      "https://securetoken.googleapis.com/v1/token?key=k",
    ]);
    expect(asked[0]?.body).toMatchObject({ password: " p ", returnSecureToken: true });
  });

  test.each([
    ["EMAIL_EXISTS", "email-taken"],
    ["WEAK_PASSWORD : Password should be at least 6 characters", "weak-password"],
    ["INVALID_LOGIN_CREDENTIALS", "refused"],
  ])("%s is %s", async (message, why) => {
    server([400, { error: { message } }]);
    const entry = { way: "email", email: "a@b.example", password: "p", fresh: true } as const;

    expect(await reason(identityPlatformSignIn(cloud, PAGE, storage()).enter(entry, signal))).toBe(why);
  });

  test("a way back from Google that nobody set out on is not taken", async () => {
    const asked = server([200, account]);
    const back = new URL("?state=forged&code=stolen", PAGE);

    expect(await identityPlatformSignIn(cloud, back, storage()).resume(signal)).toBeUndefined();
    expect(asked).toEqual([]);
  });

  test("comes back from Google once, with the session it left with", async () => {
    const asked = server([200, { authUri: "https://accounts.google.com/o", sessionId: "s-1" }], [200, account]);
    const kept = storage();
    const went: string[] = [];
    vi.stubGlobal("location", { assign: (url: string) => went.push(url) });
    vi.stubGlobal("history", { replaceState: () => {} });
    await identityPlatformSignIn(cloud, PAGE, kept).enter({ way: "google" }, signal);
    const back = new URL("?state=x&code=y", PAGE);

    const person = await identityPlatformSignIn(cloud, back, kept).resume(signal);

    expect(went).toEqual(["https://accounts.google.com/o"]);
    expect(person).toEqual({ name: "a@b.example" });
    expect(asked[1]?.body).toMatchObject({ requestUri: back.href, sessionId: "s-1" });
    expect(kept.length).toBe(0);
  });
});

describe("config.json", () => {
  test("may say where things are from the page's folder", () => {
    const config = parseConfig({ api: "./", signIn: { kind: "local", url: "../id" } }, PAGE);

    expect(config).toEqual({ api: "https://app.example/talk", signIn: { kind: "local", url: "https://app.example/id" } });
  });

  test.each([
    [{}],
    [{ api: "http://plain.example", signIn: local }],
    [{ api: "./", signIn: { kind: "other" } }],
    [{ api: "./", signIn: { kind: "identity-platform", apiKey: "k", ways: ["magic"] } }],
    [{ api: "javascript:alert(1)", signIn: local }],
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
