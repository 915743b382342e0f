/** Signing in with Identity Platform, as Google's Auth emulator answers it: tape.ts. */
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { identityPlatformSignIn } from "../../site/sign-in/identity-platform.ts";
import type { SignIn } from "../../site/sign-in/sign-in.ts";
import { reason, storage } from "./sign-in-parts.ts";
import { ADDRESS, Tape } from "./tape.ts";

const { signal } = new AbortController();
const PAGE = new URL("http://127.0.0.1:8080/talk/index.html");
const cloud = {
  kind: "identity-platform",
  apiKey: "k",
  ways: ["google", "email", "anonymous"],
  url: ADDRESS,
} as const;
const tape = new Tape();

/** What Google's page would send back, in a form that the emulator accepts. */
const CLAIMS = JSON.stringify({
  sub: "abc",
  email: "grace@example.com",
  email_verified: true,
  name: "Grace",
});

function signInAt(page: URL = PAGE, kept: Storage = storage()): SignIn {
  return identityPlatformSignIn(cloud, page, kept);
}

function byEmail(
  password: string,
  fresh = false,
  email = "ada@example.com",
): Parameters<SignIn["enter"]>[0] {
  return { way: "email", email, password, fresh };
}

beforeEach(async ({ task }) => {
  vi.stubGlobal("fetch", await tape.for(task.name));
});
afterEach(() => vi.unstubAllGlobals());
afterAll(() => tape.save());

describe("by e-mail", () => {
  test("an account is made, comes back, and its token is renewed", async () => {
    const person = await signInAt().enter(byEmail("lovelace", true), signal);
    const again = signInAt();

    expect(await again.enter(byEmail("lovelace"), signal)).toEqual(person);
    expect(person).toEqual({ name: "ada@example.com" });
    expect(await again.idToken(signal)).not.toBe("");
    expect(await again.idToken(signal, { refresh: true })).not.toBe("");
  });

  test("a wrong password and an unknown e-mail sound the same", async () => {
    await signInAt().enter(byEmail("lovelace", true), signal);

    expect(await reason(signInAt().enter(byEmail("babbage"), signal))).toBe("wrong-password");
    expect(
      await reason(signInAt().enter(byEmail("lovelace", false, "nobody@example.com"), signal)),
    ).toBe("wrong-password");
  });

  test("an e-mail that has an account cannot have another", async () => {
    await signInAt().enter(byEmail("lovelace", true), signal);

    expect(await reason(signInAt().enter(byEmail("lovelace", true), signal))).toBe("email-taken");
  });

  test("a password of two letters is too weak", async () => {
    expect(await reason(signInAt().enter(byEmail("ab", true), signal))).toBe("weak-password");
  });

  test("what is no e-mail is told", async () => {
    expect(await reason(signInAt().enter(byEmail("lovelace", true, "ada"), signal))).toBe("bad-email");
  });

  test("a new password can be asked for, and nobody learns who has an account", async () => {
    await signInAt().enter(byEmail("lovelace", true), signal);

    expect(await reason(Promise.resolve(signInAt().forgot?.("ada@example.com", signal)))).toBe(
      "nothing failed",
    );
    expect(await reason(Promise.resolve(signInAt().forgot?.("nobody@example.com", signal)))).toBe(
      "nothing failed",
    );
  });

  test("after leaving, there is no token", async () => {
    const signIn = signInAt();
    await signIn.enter(byEmail("lovelace", true), signal);

    void signIn.leave();

    expect(await reason(signIn.idToken(signal))).toBe("expired");
  });
});

test("without an account, there is a token and no name", async () => {
  const signIn = signInAt();

  expect(await signIn.enter({ way: "anonymous" }, signal)).toEqual({ name: "" });
  expect(await signIn.idToken(signal)).not.toBe("");
});

describe("by Google", () => {
  const back = new URL(
    `?${new URLSearchParams({ state: "x", providerId: "google.com", id_token: CLAIMS }).toString()}`,
    PAGE,
  );

  /** The emulator does not redirect to Google (501 to createAuthUri), so the test answers that. */
  function leaves(kept: Storage): Promise<unknown> {
    const asked = fetch;
    vi.stubGlobal("fetch", async (url: string, init: RequestInit) =>
      url.includes(":createAuthUri")
        ? Response.json({ authUri: "https://accounts.google.com/o", sessionId: "s-1" })
        : asked(url, init),
    );
    return signInAt(PAGE, kept).enter({ way: "google" }, signal);
  }

  test("comes back once, with the session it left with", async () => {
    const kept = storage();
    const went: string[] = [];
    const addresses: unknown[] = [];
    vi.stubGlobal("location", { assign: (url: string) => went.push(url) });
    vi.stubGlobal("history", {
      replaceState: (_: unknown, __: string, url: string) => addresses.push(url),
    });
    await leaves(kept);

    expect(await signInAt(back, kept).resume(signal)).toEqual({ name: "Grace" });
    expect(went).toEqual(["https://accounts.google.com/o"]);
    expect(addresses).toEqual([PAGE.href]);
    expect(kept.length).toBe(0);
    expect(await signInAt(back, kept).resume(signal)).toBeUndefined();
  });

  test("a way back that nobody set out on is not taken", async () => {
    expect(await signInAt(back).resume(signal)).toBeUndefined();
  });

  test("who says no at Google is back, and nothing happened", async () => {
    const kept = storage();
    vi.stubGlobal("location", { assign: () => {} });
    vi.stubGlobal("history", { replaceState: () => {} });
    await leaves(kept);

    expect(
      await reason(signInAt(new URL("?state=x&error=access_denied", PAGE), kept).resume(signal)),
    ).toBe("cancelled");
  });

  test("an answer that Google did not give is refused", async () => {
    const kept = storage();
    vi.stubGlobal("location", { assign: () => {} });
    vi.stubGlobal("history", { replaceState: () => {} });
    await leaves(kept);

    expect(await reason(signInAt(new URL("?state=x&code=made-up", PAGE), kept).resume(signal))).toBe(
      "refused",
    );
  });
});
