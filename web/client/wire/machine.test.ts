import { describe, expect, test } from "vitest";
import { ending } from "./closes.ts";
import type { ConnectionState, Effect, Happening, Live } from "./connection.ts";
import { step } from "./machine.ts";

const LIVE: Live = {
  name: "live",
  last: 1,
  handle: "h1",
  attempt: 0,
  unreached: 0,
  asked: 0,
  sessions: 0,
  resumptions: Infinity,
  wasLive: true,
  socket: 1,
  sinceMs: 0,
  resumed: false,
  leaving: false,
  next: null,
  failures: 0,
  paused: false,
  overdue: false,
  alone: false,
  planned: false,
  refreshing: null,
};
const LATER_MS = 60_000;
/** A token without a lock can resume any number of times. */
const ANY = { sessions: 1, resumptions: Infinity };
const GRANT: Happening = { on: "grant", ...ANY, leftMs: 0 };
const OPEN: Happening = { on: "open", ...ANY, handle: null };

/** Run all events; return the last state and all effects. */
function run(now: ConnectionState, ...events: Happening[]): { now: ConnectionState; effects: Effect[] } {
  return events.reduce<{ now: ConnectionState; effects: Effect[] }>(
    (so, event) => {
      const next = step(so.now, event);
      return { now: next.now, effects: [...so.effects, ...next.effects] };
    },
    { now, effects: [] },
  );
}

const lost = (socket: number, code = 1006, reason = "", atMs = LATER_MS): Happening => ({
  on: "lost",
  socket,
  ending: ending(code, reason),
  atMs,
  chance: 0.5,
});
const ready = (socket: number, atMs = LATER_MS): Happening => ({ on: "ready", socket, atMs });
const doing = (effects: Effect[]): string[] =>
  effects.map((effect) => {
    switch (effect.do) {
      case "connect":
        return `connect ${effect.socket} ${effect.handle ?? "afresh"}`;
      case "swap":
        return `swap to ${effect.to}`;
      case "ask":
        return `ask ${effect.why}`;
      case "after":
        return `${effect.happen} after ${effect.ms}`;
      case "tell":
        return `tell ${effect.news.is}`;
      case "forget":
      case "hangUp":
      case "end":
        return effect.do;
      default:
        return effect satisfies never;
    }
  });

describe("a start", () => {
  test("is a connection without a handle", () => {
    const { now, effects } = run({ name: "closed" }, OPEN, ready(1));

    expect(now).toMatchObject({ name: "live", socket: 1, sessions: 0 });
    expect(doing(effects)).toEqual(["connect 1 afresh", "swap to 1", "tell open"]);
  });

  test.each([
    [1007, "Request contains an invalid argument.", "gemini-refused"],
    [1008, "models/x is not found for API version v1beta", "model-unavailable"],
  ])("refused with %i %s is not tried again", (code, reason, error) => {
    const { now } = run({ name: "closed" }, OPEN, lost(1, code, reason));

    expect(now).toMatchObject({ name: "failed", error: { code: error } });
  });

  test("is tried three times", () => {
    const { now, effects } = run(
      { name: "closed" },
      OPEN,
      lost(1),
      lost(2),
      { on: "retry" },
      lost(3),
      { on: "retry" },
      lost(4),
    );

    expect(now).toMatchObject({ name: "failed", error: { code: "gemini-unreachable" } });
    expect(doing(effects).filter((what) => what.startsWith("connect"))).toHaveLength(4);
  });
});

describe("a start with the handle of a talk before", () => {
  const resuming = run({ name: "closed" }, { ...OPEN, handle: "h0" });
  const told = (effects: Effect[]): unknown[] =>
    effects.flatMap((effect) => (effect.do === "tell" ? [effect.news] : []));

  test("resumes it, and needs no session of the token", () => {
    const { now, effects } = run(resuming.now, ready(1));

    expect(doing(resuming.effects)).toEqual(["connect 1 h0"]);
    expect(now).toMatchObject({ name: "live", resumed: true, sessions: 1 });
    expect(told(effects)).toEqual([{ is: "open", resumed: true }]);
  });

  test("begins afresh at once when it finds nothing, and says so", () => {
    const refused = lost(1, 1008, "Requested entity was not found.");
    const { now, effects } = run(resuming.now, refused, ready(2));

    expect(doing(effects)).toEqual(["connect 2 afresh", "swap to 2", "tell open"]);
    expect(now).toMatchObject({ name: "live", resumed: false, sessions: 0 });
    expect(told(effects)).toEqual([{ is: "open", resumed: false }]);
  });
});

describe("a planned change", () => {
  const leaving = run(LIVE, { on: "goAway", timeLeftMs: 50_000, atMs: LATER_MS });

  test("waits for a quiet moment, but not to the end", () => {
    expect(doing(leaving.effects)).toEqual(["deadline after 47000"]);
  });

  test.each(["quiet", "deadline"] as const)("at %s opens a second before the first goes", (on) => {
    const { now, effects } = run(leaving.now, { on }, ready(2));

    expect(doing(effects)).toEqual([
      "tell reconnecting",
      "connect 2 h1",
      "swap to 2",
      "tell reconnected",
    ]);
    expect(now).toMatchObject({ name: "live", socket: 2, leaving: false, next: null });
  });

  test("happens at once when no time is left", () => {
    const { effects } = run(LIVE, { on: "goAway", timeLeftMs: 2000, atMs: LATER_MS });

    expect(doing(effects)).toContain("connect 2 h1");
  });

  test("uses the newest handle, and no empty one takes its place", () => {
    const { effects } = run(
      leaving.now,
      { on: "handle", handle: "h2" },
      { on: "handle", handle: null },
      { on: "quiet" },
    );

    expect(doing(effects)).toContain("connect 2 h2");
  });

  test("goes on with the second when the first ends too soon", () => {
    const { now, effects } = run(leaving.now, { on: "quiet" }, lost(1, 1000), ready(2));

    expect(now).toMatchObject({ name: "live", socket: 2 });
    expect(doing(effects).filter((what) => what.startsWith("connect"))).toEqual(["connect 2 h1"]);
  });

  test("asks for one token when Gemini refuses the second's, and then lets it be", () => {
    const refused = (n: number): Happening => lost(n, 1011, "Token has been used too many times");
    const one = run(leaving.now, { on: "quiet" }, refused(2), GRANT, { on: "quiet" }, refused(3));
    const { effects } = run(
      one.now,
      { on: "goAway", timeLeftMs: 50_000, atMs: LATER_MS },
      { on: "quiet" },
      refused(4),
    );

    const asked = [...one.effects, ...effects].filter(({ do: what }) => what === "ask");
    expect(asked).toEqual([{ do: "ask", why: "refused" }]);
  });

  test("that is refused another token leaves the renewal to its time", () => {
    const error = { code: "quota-exceeded", retryable: true, retryAfterS: 60 } as const;
    const refused = lost(2, 1011, "Token has been used too many times");
    const no: Happening = { on: "refused", error, leftMs: 1_200_000 };
    const { now, effects } = run(leaving.now, { on: "quiet" }, refused, no);

    expect(doing(effects).at(-1)).toBe("ask refused");
    expect(now).toMatchObject({ name: "live", refreshing: null });
    expect(doing(run(now, { on: "ending" }).effects)).toEqual(["ask ending"]);
  });

  test("is tried again when the second fails, after pauses that grow", () => {
    const again = [2, 3, 4, 5, 6].flatMap((n) => [{ on: "quiet" }, lost(n), { on: "rested" }] as const);
    const { now, effects } = run(leaving.now, ...again);

    expect(now).toMatchObject({ name: "live", socket: 1, next: null });
    expect(doing(effects).filter((what) => what.startsWith("rested"))).toEqual([
      "rested after 500",
      "rested after 2000",
      "rested after 8000",
      "rested after 15000",
      "rested after 15000",
    ]);
  });

  test("is not tried again in a quiet moment before its pause is over", () => {
    const quiet = Array.from({ length: 100 }, () => ({ on: "quiet" }) as const);
    const { effects } = run(leaving.now, ...quiet, lost(2, 1006), ...quiet);

    expect(doing(effects).filter((what) => what.startsWith("connect"))).toEqual(["connect 2 h1"]);
  });

  test("waits longest where Google's quota is spent", () => {
    const { effects } = run(leaving.now, { on: "quiet" }, lost(2, 1011, "You exceeded your quota"));

    expect(doing(effects).at(-1)).toBe("rested after 15000");
  });

  const BESIDE = lost(2, 1011, "The service is currently unavailable.");
  const refusedBeside = run(leaving.now, { on: "quiet" }, BESIDE, { on: "rested" });

  test("closes the first before it resumes where Gemini has no two beside each other", () => {
    const { now, effects } = run(refusedBeside.now, { on: "quiet" }, ready(3));

    expect(doing(effects)).toEqual([
      "tell reconnecting",
      "hangUp",
      "connect 3 h1",
      "swap to 3",
      "tell reconnected",
    ]);
    expect(effects.at(-1)).toMatchObject({ news: { planned: true, resumed: true } });
    expect(now).toMatchObject({ name: "live", socket: 3, alone: true, planned: false });
  });

  test("waits for no quiet moment once its time has come", () => {
    const { effects } = run(leaving.now, { on: "deadline" }, BESIDE, { on: "rested" });

    expect(doing(effects).slice(-3)).toEqual(["tell reconnecting", "hangUp", "connect 3 h1"]);
  });

  test("does so for the rest of the talk", () => {
    const { now } = run(refusedBeside.now, { on: "quiet" }, ready(3));
    const { effects } = run(now, { on: "goAway", timeLeftMs: 50_000, atMs: LATER_MS }, { on: "quiet" });

    expect(doing(effects).slice(1)).toEqual(["tell reconnecting", "hangUp", "connect 4 h1"]);
  });

  test("is tried once more where Gemini has not seen the older one close, and is then a loss", () => {
    const once = run(refusedBeside.now, { on: "quiet" }, lost(3, 1011), ready(4));
    const twice = run(refusedBeside.now, { on: "quiet" }, lost(3, 1011), lost(4, 1011));

    expect(once.effects.at(-1)).toMatchObject({ news: { is: "reconnected", planned: true } });
    expect(twice.effects.at(-2)).toMatchObject({ news: { is: "reconnecting", planned: false } });
  });
});

describe("a close that nothing can cure", () => {
  test.each([
    [1011, "Your prepayment credits are depleted.", "gemini-account"],
    [1011, "The prepaid balance of this project is used up.", "gemini-account"],
    [1007, "The API key has expired.", "gemini-account"],
    [1007, "API key not valid. Please pass a valid API key.", "gemini-account"],
    [1011, "You exceeded your current quota, please check your plan and billing.", "gemini-quota"],
    [1008, "models/x is not found for API version v1beta", "model-unavailable"],
  ])("%i %s is not tried again, costs no token and has its own name", (code, reason, error) => {
    const starting = run({ name: "closed" }, OPEN, lost(1, code, reason));
    const talking = run(LIVE, lost(1, code, reason));

    for (const { now, effects } of [starting, talking]) {
      expect(now).toMatchObject({ name: "failed", error: { code: error } });
      expect(doing(effects).filter((what) => /^(ask|retry)/.test(what))).toEqual([]);
    }
  });
});

test("history that is refused costs no handle", () => {
  const refused: Happening = {
    on: "lost",
    socket: 2,
    ending: { cause: "history", code: 1007, reason: "Request contains an invalid argument." },
    atMs: 500,
    chance: 0.5,
  };
  const { now, effects } = run(LIVE, lost(1), ready(2, 400), refused, { on: "retry" }, ready(3));

  expect(now).toMatchObject({ name: "live", resumed: true, handle: "h1" });
  expect(doing(effects)).toContain("connect 3 h1");
  expect(doing(effects)).not.toContain("forget");
});

describe("a connection that is lost", () => {
  test("is resumed at once with its handle and its token", () => {
    const { now, effects } = run(LIVE, lost(1), ready(2));

    expect(doing(effects)).toEqual([
      "tell reconnecting",
      "connect 2 h1",
      "swap to 2",
      "tell reconnected",
    ]);
    expect(now).toMatchObject({ name: "live", resumed: true });
  });

  test("is tried again after 0, 0.5, 2, 8 and 15 s, then given up", () => {
    const tries = [2, 3, 4, 5, 6].flatMap((n) => [lost(n), { on: "retry" } as const]);
    const { now, effects } = run(LIVE, lost(1), ...tries);

    expect(doing(effects).filter((what) => what.startsWith("retry"))).toEqual([
      "retry after 500",
      "retry after 2000",
      "retry after 8000",
      "retry after 15000",
    ]);
    expect(now).toMatchObject({ name: "failed", error: { code: "gemini-unreachable" } });
  });

  test("keeps its handle while it was the network that failed, and asks Gemini again soon", () => {
    const refused = (n: number): Happening => lost(n, 1011, "The service is currently unavailable.");
    const retry: Happening = { on: "retry" };
    const unreached = [lost(1), lost(2), retry, lost(3), retry];
    const { effects } = run(LIVE, ...unreached, refused(4), retry, refused(5));

    expect(doing(effects).slice(-5)).toEqual([
      "tell reconnecting",
      "retry after 500",
      "connect 5 h1",
      "tell reconnecting",
      "retry after 2000",
    ]);
  });

  test("is tried at once when the network is back", () => {
    const { effects } = run(LIVE, lost(1), lost(2), { on: "online", atMs: LATER_MS });

    expect(doing(effects)).toContain("connect 3 h1");
  });

  test("does not send what may have been refused again", () => {
    const { effects } = run(LIVE, lost(1, 1007, "Request contains an invalid argument."));

    expect(doing(effects)).toEqual(["forget", "tell reconnecting", "connect 2 h1"]);
  });

  test.each(["auth token has expired", "Token has expired", "Token has been used too many times"])(
    "by %s asks for a new token, and resumes",
    (reason) => {
      const { effects } = run(LIVE, lost(1, 1011, reason), GRANT);

      expect(doing(effects)).toEqual(["tell reconnecting", "ask refused", "connect 2 h1"]);
    },
  );

  test("begins afresh with a new token when its handle finds nothing", () => {
    const { now, effects } = run(
      LIVE,
      lost(1),
      lost(2, 1008, "Requested entity was not found."),
      { on: "grant", ...ANY, leftMs: 0 },
      ready(3),
    );

    expect(doing(effects)).toContain("ask fresh");
    expect(doing(effects)).toContain("connect 3 afresh");
    expect(now).toMatchObject({ name: "live", resumed: false, sessions: 0 });
  });

  test("asks for one token before its time, and no second: each may be another talk", () => {
    const spent = (n: number, atMs = LATER_MS): Happening => lost(n, 1011, "Token has expired", atMs);
    const unopened = run(LIVE, spent(1), GRANT, spent(2));
    const stillborn = run(LIVE, spent(1), GRANT, ready(2, 1000), spent(2, 1500));

    for (const { now, effects } of [unopened, stillborn]) {
      expect(now).toMatchObject({ name: "failed", error: { code: "token-refused" } });
      expect(doing(effects).filter((what) => what.startsWith("ask"))).toEqual(["ask refused"]);
    }
  });

  test("asks once more for a session that was begun and did not last, and then no more", () => {
    const forgotten = lost(2, 1008, "Requested entity was not found.");
    const cut = (n: number): Happening => lost(n, 1007, "Request contains an invalid argument.", 1500);
    const retry: Happening = { on: "retry" };
    const one = run(LIVE, lost(1), forgotten, GRANT, ready(3, 1000), cut(3), retry);
    const two = run(one.now, GRANT, ready(4, 1000), cut(4), retry);

    const asked = doing([...one.effects, ...two.effects]).filter((what) => what.startsWith("ask"));
    expect(asked).toEqual(["ask fresh", "ask fresh"]);
    expect(two.now).toMatchObject({ name: "failed", error: { code: "token-refused" } });
  });

  test("asks again where the token before was proven", () => {
    const spent = (n: number, atMs: number): Happening => lost(n, 1011, "auth token has expired", atMs);
    const { now } = run(LIVE, spent(1, 60_000), GRANT, ready(2, 60_000), spent(2, 120_000));

    expect(now.name).toBe("asking");
  });

  test("does not start its count anew when it dies young", () => {
    const { effects } = run(LIVE, lost(1), ready(2, 1000), lost(2, 1011, "Internal error.", 1500));

    expect(doing(effects)).toContain("retry after 500");
  });
});

describe("a token near its end", () => {
  test("is renewed, and the connection changed before the old one ends it", () => {
    const { now, effects } = run(
      LIVE,
      { on: "ending" },
      { on: "ending" },
      { on: "grant", ...ANY, leftMs: 60_000 },
    );

    expect(doing(effects)).toEqual(["ask ending", "deadline after 57000"]);
    expect(now).toMatchObject({ name: "live", leaving: true });
  });

  const refusal = (leftMs: number, retryAfterS?: number): Happening => {
    const error = { code: "store-unavailable", retryable: true, retryAfterS } as const;
    return { on: "refused", error, leftMs };
  };

  test("is asked for again in what is left, a few times, and then it is said", () => {
    const tries = [90_000, 60_000, 40_000, 27_000, 18_000].map((leftMs) => refusal(leftMs));
    const { now, effects } = run(LIVE, ...tries.flatMap((no) => [{ on: "ending" } as const, no]));

    const told = doing(effects).filter((what) => what !== "ask ending");
    const waits = ["30000", "20000", "13333.333333333334", "9000"].map((ms) => `ending after ${ms}`);
    expect(told).toEqual([...waits, "tell tokenexpired"]);
    expect(doing(effects)).toHaveLength(2 * told.length);
    expect(now).toMatchObject({ name: "live", refreshing: null });
  });

  test("is not asked for again before the server says", () => {
    const { effects } = run(LIVE, { on: "ending" }, refusal(90_000, 60));
    const { effects: late } = run(LIVE, { on: "ending" }, refusal(90_000, 80));

    expect(doing(effects)).toEqual(["ask ending", "ending after 60000"]);
    expect(doing(late)).toEqual(["ask ending", "tell tokenexpired"]);
  });

  test("is not forgotten while the connection is away", () => {
    const opening = run(LIVE, lost(1), { on: "ending" });
    const waiting = run(LIVE, lost(1), lost(2), { on: "ending" });

    for (const { effects } of [opening, waiting]) {
      expect(doing(effects).at(-1)).toBe("ending after 1000");
    }
  });

  test("is talked with to its end when it was refused for good", () => {
    const error = { code: "session-ended", retryable: false } as const;
    const { now, effects } = run(LIVE, { on: "ending" }, { on: "refused", error, leftMs: 90_000 });

    expect(doing(effects)).toEqual(["ask ending", "tell tokenexpired"]);
    expect(now.name).toBe("live");
  });

  test("that is refused while nothing is open ends the talk, honestly", () => {
    const error = { code: "quota-exceeded", retryable: true } as const;
    const { now } = run(LIVE, lost(1, 1011, "auth token has expired"), {
      on: "refused",
      error,
      leftMs: 0,
    });

    expect(now).toMatchObject({ name: "failed", error: { code: "quota-exceeded" } });
  });
});

test("a network that is lost while a token is asked for is waited for, with the old token", () => {
  const error = { code: "network", retryable: true } as const;
  const asking = run(LIVE, { on: "ending" }, lost(1), { on: "refused", error, leftMs: 90_000 });

  expect(doing(asking.effects).at(-1)).toMatch(/^connect/);
  const { now } = run(asking.now, lost(2), { on: "online", atMs: LATER_MS }, ready(3));
  expect(now.name).toBe("live");
});

test("closing ends everything, from anywhere", () => {
  for (const from of [LIVE, run(LIVE, lost(1)).now, run(LIVE, lost(1), lost(2)).now]) {
    const { now, effects } = run(from, { on: "close" });

    expect([now.name, doing(effects)]).toEqual(["closed", ["end"]]);
  }
});

test("what a socket says that is gone changes nothing", () => {
  const { now } = run(LIVE, lost(7), ready(7));

  expect(now).toEqual(LIVE);
});

describe("tokens that lock what they resume", () => {
  const SPENT: Live = { ...LIVE, resumptions: 0 };
  const grant = (sessions: number, resumptions: number): Happening => ({
    on: "grant",
    sessions,
    resumptions,
    leftMs: 60_000,
  });
  const goAway: Happening = { on: "goAway", timeLeftMs: 60_000, atMs: LATER_MS };

  test("are asked for in a quiet moment, once, and used as soon as they come", () => {
    const { now, effects } = run(SPENT, goAway, { on: "quiet" }, { on: "quiet" }, grant(0, 1), ready(2));

    expect(doing(effects)).toEqual([
      "deadline after 57000",
      "ask ending",
      "tell reconnecting",
      "connect 2 h1",
      "swap to 2",
      "tell reconnected",
    ]);
    expect(now).toMatchObject({ name: "live", socket: 2, handle: "h1", resumptions: 0 });
  });

  test("are one for each connection that was lost", () => {
    const { now, effects } = run(SPENT, lost(1), grant(0, 1), ready(2));

    expect(doing(effects)).toContain("ask refused");
    expect(doing(effects)).toContain("connect 2 h1");
    expect(now).toMatchObject({ name: "live", resumed: true, resumptions: 0 });
  });

  test("are tried again while the network is away: no connection took them", () => {
    const { effects } = run(SPENT, lost(1), grant(0, 1), lost(2), { on: "retry" });

    expect(doing(effects).filter((what) => what.startsWith("connect"))).toEqual([
      "connect 2 h1",
      "connect 3 h1",
    ]);
    expect(doing(effects).filter((what) => what.startsWith("ask"))).toEqual(["ask refused"]);
  });

  test("begin the talk anew where they resume nothing, and where their handle is dead", () => {
    const minted = run(SPENT, lost(1), grant(1, 0), ready(2));
    const dead = run(
      SPENT,
      lost(1),
      grant(0, 1),
      lost(2, 1008, "Requested entity was not found."),
      grant(1, 0),
    );

    expect(doing(minted.effects)).toContain("connect 2 afresh");
    expect(minted.now).toMatchObject({ name: "live", resumed: false, sessions: 0 });
    expect(doing(dead.effects).slice(-3)).toEqual([
      "tell reconnecting",
      "ask fresh",
      "connect 3 afresh",
    ]);
  });

  test("leave a talk that lives alone when they resume nothing", () => {
    const { now, effects } = run(SPENT, { on: "ending" }, grant(1, 0), { on: "quiet" });

    expect(doing(effects)).toEqual(["ask ending"]);
    expect(now).toMatchObject({ name: "live", socket: 1, handle: null, sessions: 1 });
  });
});

describe("the network is back, or another one", () => {
  test("replaces a live connection at once, without letting it go before", () => {
    const { now, effects } = run(LIVE, { on: "online", atMs: LATER_MS }, ready(2));

    expect(doing(effects)).toEqual([
      "tell reconnecting",
      "connect 2 h1",
      "swap to 2",
      "tell reconnected",
    ]);
    expect(now).toMatchObject({ leaving: false, overdue: false });
  });

  test("does not replace one that has just replaced another, before ten seconds are over", () => {
    const young = run(LIVE, { on: "online", atMs: LATER_MS }, ready(2)).now;
    const again = run(young, { on: "online", atMs: LATER_MS + 4000 });
    const goAway = run(young, { on: "goAway", timeLeftMs: 0, atMs: LATER_MS + 1000 });

    expect(doing(again.effects)).toEqual(["deadline after 6000"]);
    expect(doing(goAway.effects)).toEqual(["deadline after 9000"]);
  });

  test("waits for the pause after a replacement that failed", () => {
    const { effects } = run(LIVE, { on: "goAway", timeLeftMs: 0, atMs: LATER_MS }, lost(2), {
      on: "online",
      atMs: LATER_MS,
    });

    expect(doing(effects).at(-1)).toBe("rested after 500");
  });
});
