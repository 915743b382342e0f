import { describe, expect, test } from "vitest";
import type { TokenAnswer } from "./types.ts";
import { grantOf, renewInMs } from "./grant.ts";

const MINUTE = 60_000;

describe("a token is renewed", () => {
  test.each([
    ["a minute and a half before its end, with three minutes to hand over in", 30, 27, 28.5],
    ["six seconds before its end, when it lives for a minute", 1, 0.8, 0.9],
    ["later, while the one before it still lives", 30, 29, 29.5],
    ["at once, when it came back late in its handover", 0.5, -2.5, 0],
    ["in what is left, when it came back early in it", 2, -1, 0.5],
    ["a minute and a half before its end where there are no handovers", 30, null, 28.5],
    ["the same where another token of its session outlives it", 1.5, 28, 1.35],
    ["at once, when it is over", -1, -4, 0],
  ])("%s", (_, expires, handover, renew) => {
    const handoverMs = handover === null ? null : handover * MINUTE;

    expect(renewInMs(expires * MINUTE, handoverMs)).toBeCloseTo(renew * MINUTE, 6);
  });

  test("never before its refresh continues the talk, whatever the numbers", () => {
    for (let life = 1; life <= 60; life++) {
      for (let left = 0.1; left <= life; left += 0.3) {
        const handover = left - Math.min(3, life / 5);
        const renew = renewInMs(left * MINUTE, handover * MINUTE) / MINUTE;

        expect(renew).toBeGreaterThanOrEqual(Math.min(handover, left));
        expect(renew).toBeLessThanOrEqual(left);
      }
    }
  });
});

describe("a grant", () => {
  const answer = {
    token: "auth_tokens/1",
    expiresAt: "2026-11-29T00:30:00Z",
    startBefore: "2026-11-29T00:02:00Z",
    uses: 1,
    connect: { url: "wss://gemini.test", setup: { sessionResumption: {} } },
    session: { handoverAt: "2026-11-29T00:27:00Z" },
    usage: { serverTime: "2026-11-29T00:00:00Z" },
  } as unknown as TokenAnswer;

  test("counts by the server's clock", () => {
    const { expiresInMs, renewInMs: renew, sessions } = grantOf(answer, {});

    expect([expiresInMs, renew, sessions]).toEqual([30 * MINUTE, 28.5 * MINUTE, 1]);
  });

  test("starts nothing after its start window: it can only resume", () => {
    const usage = { ...answer.usage, serverTime: "2026-11-29T00:02:00Z" };

    expect(grantOf({ ...answer, usage }, {}).sessions).toBe(0);
  });

  test.each([
    ["mint", {}, 1, 0],
    ["refresh without a handle", { sessionId: "s" }, 1, 0],
    ["refresh with a handle", { sessionId: "s", resumptionHandle: "h" }, 0, 1],
  ])(
    "that locks what it resumes is good for one connection: a %s",
    (_, asked, sessions, resumptions) => {
      const locked = { ...answer, connect: { ...answer.connect, setup: { model: "models/m" } } };

      expect(grantOf(locked, asked)).toMatchObject({ sessions, resumptions });
      expect(grantOf(answer, asked)).toMatchObject({ sessions: 1, resumptions: Infinity });
    },
  );

  test("of a server that does not know handovers is renewed all the same", () => {
    const session = { ...answer.session, handoverAt: undefined } as unknown as TokenAnswer["session"];

    expect(grantOf({ ...answer, session }, {}).renewInMs).toBe(28.5 * MINUTE);
  });
});
