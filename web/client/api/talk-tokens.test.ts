/** The tokens of whole talks: the real connection and wire, over a strict API and Gemini. */

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { TalkBookmark } from "./bookmark.ts";
import type { Emit } from "../events.ts";
import { LiveError } from "../errors.ts";
import { FakeGemini, socketsOf } from "../fake-gemini.ts";
import { FakeVending } from "./fake-vending.ts";
import { type Change, TalkConnection } from "../talk-connection.ts";
import { TokenSource } from "./token-source.ts";
import type { WireNews } from "../wire/protocol.ts";
import { Wire } from "../wire/wire.ts";

const MINUTE = 60_000;
const WISH = { voice: "Puck" };

let asleepMs = 0;
const serverNow = (): number => Date.now() + asleepMs;

beforeEach(() => {
  asleepMs = 0;
  vi.useFakeTimers({ now: Date.parse("2026-11-29T00:00:00Z") });
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

/** The API and Gemini of one user. */
function world(): { vending: FakeVending; gemini: FakeGemini } {
  const vending = new FakeVending(serverNow);
  const gemini = new FakeGemini(vending, serverNow);
  vi.stubGlobal("WebSocket", socketsOf(gemini));
  return { vending, gemini };
}

/** What one tab has of a talk. */
interface Tab {
  readonly connection: TalkConnection;
  readonly kept: { bookmark: TalkBookmark | null };
  readonly told: string[];
  readonly failures: LiveError[];
  start(from?: TalkBookmark): Promise<void>;
}

function port(): MessagePort {
  return { postMessage: () => {}, close: () => {} } as unknown as MessagePort;
}

async function tab({ vending }: { vending: FakeVending }): Promise<Tab> {
  const kept: Tab["kept"] = { bookmark: null };
  const told: string[] = [];
  const failures: LiveError[] = [];
  const emit: Emit = (name, detail) => {
    if ("bookmark" in detail) kept.bookmark = detail.bookmark;
    else if (name !== "limits" && name !== "wire") told.push(name);
  };
  const tokens = new TokenSource({ idToken: async () => "id", fetch: vending.fetch });
  const nothing = (): void => {};
  const conversation = { hear: nothing, answered: nothing, reconnected: nothing, transcript: [] };
  const ends = { conversation, video: { frame: async () => null } };
  const changed = (change: Change): void => {
    if (change.is === "failed") failures.push(LiveError.from(change.error));
  };
  const connection = await TalkConnection.create(tokens, emit, ends, changed, async (hear) => {
    const wire = new Wire((message) => hear(message as WireNews));
    const tell = wire.obey.bind(wire);
    return { tell, stats: async () => null, terminate: nothing };
  });
  const start = async (from?: TalkBookmark): Promise<void> => {
    const { signal } = new AbortController();
    const grant = await connection.tokens.obtain(WISH, from, "automatic", signal);
    const opening = connection.open(grant, { capture: port(), playback: port() });
    await Promise.all([opening, vi.advanceTimersByTimeAsync(1000)]);
  };
  return { connection, kept, told, failures, start };
}

async function minutes(count: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(count * MINUTE);
}

/** Reload: a new page gets what the tab had stored, as JSON. */
async function reload(of: { vending: FakeVending }, page: Tab): Promise<Tab> {
  const bookmark = bookmarkOf(page);
  page.connection.close();
  const next = await tab(of);
  await next.start(bookmark);
  return next;
}

function bookmarkOf({ kept }: Tab): TalkBookmark {
  return JSON.parse(JSON.stringify(kept.bookmark)) as TalkBookmark;
}

/** The device sleeps: nothing runs, and its connections are gone when it wakes. */
async function sleep(gemini: FakeGemini, count: number): Promise<void> {
  asleepMs += count * MINUTE;
  gemini.cut();
  await minutes(0.2);
}

describe("a talk", () => {
  test("of two hours with a goAway every ten minutes is refreshed four times, in one talk", async () => {
    const at = world();
    const page = await tab(at);
    await page.start();

    const atOnce = new Set<number>();
    for (let minute = 0; minute < 118; minute++) {
      await minutes(1);
      atOnce.add(at.gemini.talks.length);
      expect(at.vending.slots).toBe(1);
    }

    expect(at.vending.log).toEqual(["mint", ...Array(4).fill("handover")]);
    expect([...atOnce]).toEqual([1]);
    expect(at.gemini.connections).toBeGreaterThan(12);
    expect(page.told).not.toContain("tokenexpired");
  });

  test("outlasts the age at which its session ends, in another session", async () => {
    const at = world();
    const page = await tab(at);
    await page.start();

    await minutes(150);

    const first = ["mint", ...Array(4).fill("handover")];
    const last = ["another talk", "session-expired", "mint"]; // no token outlives its session
    expect(at.vending.log).toEqual([...first, ...last, "handover"]);
    expect(at.gemini.talks).toEqual([1]);
    expect(page.failures).toEqual([]);
  });

  test.each([1, 5, 60])("with tokens of %i min is handed over, and never another talk", async (life) => {
    const at = world();
    at.vending.lifeMinutes = life;
    const page = await tab(at);
    await page.start();

    await minutes(Math.min(life * 4, 110));

    expect(new Set(at.vending.log)).toEqual(new Set(["mint", "handover"]));
    expect(at.gemini.talks).toEqual([1]);
  });

  test("on a device that slept for 40 minutes continues in a new session, by its handle", async () => {
    const at = world();
    const page = await tab(at);
    await page.start();
    await minutes(7);

    await sleep(at.gemini, 40);

    expect(at.vending.log).toEqual(["mint", "session-expired", "mint"]);
    expect(at.gemini.talks).toEqual([1]);
    expect(page.connection.tokens.session?.id).toBe("s2");
    expect(bookmarkOf(page)).toMatchObject({ sessionId: "s2", wish: WISH });
    expect(page.failures).toEqual([]);
  });

  test("whose device slept past the handover, but not past the end, is handed over late", async () => {
    const at = world();
    const page = await tab(at);
    await page.start();
    await minutes(27.5);

    await sleep(at.gemini, 2);
    await minutes(2);

    expect(at.vending.log.slice(0, 2)).not.toContain("another talk");
    expect(at.gemini.talks).toEqual([1]);
    expect(page.failures).toEqual([]);
  });

  test("that begins while a pause is on is handed over once, and says when it may end", async () => {
    const at = world();
    const page = await tab(at);
    await page.start();
    at.vending.paused = true;

    await minutes(57.9);
    expect(at.vending.log).toEqual(["mint", "handover", "minting-paused"]);
    expect(page.told).not.toContain("tokenexpired");
    await minutes(0.3);

    expect(at.vending.log.slice(3)).toEqual(["minting-paused"]); // after its Retry-After
    expect(page.told.filter((name) => name === "tokenexpired")).toHaveLength(1);
    expect(at.gemini.talks).toEqual([1]); // with its old token, to the end
    await minutes(3);
    expect(page.failures.map(({ code }) => code)).toEqual(["minting-paused"]);
  });

  test.each([
    [429, { code: "quota-exceeded", violated: ["refreshHour"], retryAfterSeconds: 20 }],
    [503, { code: "store-unavailable", retryAfterSeconds: 20 }],
  ])("whose handover is refused by a %i is handed over a little later", async (status, body) => {
    const at = world();
    const page = await tab(at);
    await page.start();
    await minutes(28);
    at.vending.faults = [
      [status, body],
      [status, body],
    ];

    await minutes(5);

    expect(at.vending.log).toEqual(["mint", body.code, body.code, "handover"]);
    expect(page.told).not.toContain("tokenexpired");
    expect(at.gemini.talks).toEqual([1]);
  });

  test("of a server without handovers is refreshed just before its end, where a slot is free", async () => {
    const at = world();
    at.vending.handoverMinutes = 0;
    const page = await tab(at);
    await page.start();

    await minutes(29);

    expect(at.vending.log).toEqual(["mint", "another talk"]);
  });
});

describe("a token that Gemini refuses", () => {
  test("at the start is asked for once more, and not in a loop", async () => {
    const at = world();
    at.gemini.refuse = 1;
    const page = await tab(at);

    await page.start();
    await minutes(25);

    expect(at.vending.log).toEqual(["mint", "another talk"]);
    expect(at.gemini.talks).toHaveLength(1);
  });

  test("whatever it is gets one other, and then the truth is told", async () => {
    const at = world();
    at.gemini.refuse = 99;
    const page = await tab(at);

    await expect(page.start()).rejects.toMatchObject({ code: "token-refused" });
    await minutes(60);

    expect(at.vending.log).toEqual(["mint", "another talk"]);
  });

  test("in the middle of a talk costs one other, and the renewal keeps its time", async () => {
    const at = world();
    const page = await tab(at);
    await page.start();
    await minutes(5);
    at.gemini.refuse = 1;
    at.gemini.cut();

    await minutes(45);

    expect(at.vending.log).toEqual(["mint", "another talk", "handover"]);
    expect(at.gemini.talks).toEqual([1]);
  });

  test("and a server with no slot for another end the talk, and leave the bookmark", async () => {
    const at = world();
    at.vending.limits.sessions = 1;
    const page = await tab(at);
    await page.start();
    await minutes(5);
    at.gemini.refuse = 1;
    at.gemini.cut();

    await minutes(1);

    expect(at.vending.log).toEqual(["mint", "quota-exceeded"]);
    expect(page.failures).toMatchObject([{ code: "quota-exceeded", violated: ["sessions"] }]);
    await expect(reload(at, page)).resolves.toBeDefined(); // with the token that is still alive
  });
});

describe("a page that is reloaded", () => {
  test("three times has the same token each time, at no cost, and what it keeps has none", async () => {
    const at = world();
    let page = await tab(at);
    await page.start();
    await minutes(1);

    for (let times = 0; times < 3; times++) {
      expect(JSON.stringify(page.kept)).not.toContain("auth_tokens");
      page = await reload(at, page);
      await minutes(1);
    }

    expect(at.vending.log).toEqual(["mint", "replay", "replay", "replay"]);
    expect(at.gemini.talks).toEqual([1]);
    await minutes(30);
    expect(at.vending.log.slice(4)).toEqual(["handover"]);
  });

  test("after a handover has the newest token", async () => {
    const at = world();
    const page = await tab(at);
    await page.start();
    await minutes(40);

    const next = await reload(at, page);
    await minutes(10);

    expect(at.vending.log).toEqual(["mint", "handover", "replay"]);
    expect(next.connection.tokens.session).toMatchObject({ id: "s1", tokens: 2 });
  });

  test("while its handover is asked for gets that token, and not another talk", async () => {
    const at = world();
    const page = await tab(at);
    await page.start();
    await minutes(28);
    at.vending.silent = true;
    await minutes(1);
    const bookmark = bookmarkOf(page);
    page.connection.close();
    at.vending.silent = false;

    const next = await tab(at);
    await next.start(bookmark);
    await minutes(10);

    expect(at.vending.log).toEqual(["mint", "handover", "replay"]);
    expect(at.gemini.talks).toEqual([1]);
  });

  test("too late for its token, but not for Gemini, mints with its wish and continues", async () => {
    const at = world();
    const page = await tab(at);
    await page.start();
    await minutes(5);
    const bookmark = bookmarkOf(page);
    page.connection.close();
    await minutes(40);

    const next = await tab(at);
    await next.start(bookmark);

    expect(at.vending.log).toEqual(["mint", "replay-expired", "session-expired", "mint"]);
    expect(at.gemini.talks).toEqual([1]);
    expect(bookmarkOf(next)).toMatchObject({ sessionId: "s2", wish: WISH });
  });

  test("in a session that was ended elsewhere does not take it up, though its token lives", async () => {
    const at = world();
    const page = await tab(at);
    await page.start();
    await minutes(1);
    at.vending.end("s1");

    await expect(reload(at, page)).rejects.toMatchObject({ code: "session-ended" });

    expect(at.vending.log).toEqual(["mint", "session-ended"]);
    expect(at.gemini.talks).toEqual([]);
  });

  test.each([
    [401, "unauthenticated"],
    [403, "blocked"],
    [503, "minting-paused"],
  ])("and refused by a %i is told %s, and can try again", async (status, code) => {
    const at = world();
    const page = await tab(at);
    await page.start();
    await minutes(1);
    const bookmark = bookmarkOf(page);
    page.connection.close();
    at.vending.faults = [[status, { code }]];
    const next = await tab(at);

    await expect(next.start(bookmark)).rejects.toMatchObject({ code });
    expect(next.kept.bookmark).toBeNull(); // no bookmark was emitted
    await next.start(bookmark);

    expect(at.vending.log).toEqual(["mint", code, "replay"]);
  });

  test("with a key that was another request's continues by a refresh", async () => {
    const at = world();
    const page = await tab(at);
    await page.start();
    await minutes(28);
    const bookmark = bookmarkOf(page);
    page.connection.close();
    const requests = bookmark.requests?.map((request) => ({ ...request, body: { voice: "Kore" } }));

    const next = await tab(at);
    await next.start({ ...bookmark, requests: requests ?? [] });

    expect(at.vending.log).toEqual(["mint", "idempotency-key-reused", "handover"]);
  });
});

describe("a talk whose tokens lock what they resume", () => {
  function locking(): ReturnType<typeof world> {
    const at = world();
    at.vending.locks = true;
    at.vending.lifeMinutes = 11; // so that goAway arrives when a refresh is a handover
    return at;
  }

  test("takes a token for each connection, and no second slot", async () => {
    const at = locking();
    const page = await tab(at);
    await page.start();

    for (let minute = 0; minute < 100; minute++) {
      await minutes(1);
      expect(at.gemini.talks).toEqual([1]);
      expect(at.vending.slots).toBe(1);
    }

    expect(at.vending.log).toEqual(["mint", ...Array(11).fill("handover")]);
    expect(at.gemini.connections).toBe(12);
    expect(page.failures).toEqual([]);
  });

  test("continues with a token that counts as another talk when its connection breaks", async () => {
    const at = locking();
    const page = await tab(at);
    await page.start();
    await minutes(5);

    at.gemini.cut();
    await minutes(1);

    expect(at.vending.log).toEqual(["mint", "another talk"]);
    expect(at.gemini.talks).toEqual([1]);
    expect(page.failures).toEqual([]);
  });

  test("continues after a reload by its handle, with a token of its own", async () => {
    const at = locking();
    const page = await tab(at);
    await page.start();
    await minutes(5);

    await reload(at, page);
    await minutes(10);

    expect(at.vending.log).toEqual(["mint", "another talk", "handover"]);
    expect(at.gemini.talks).toEqual([1]);
  });

  test("that was never open is begun after a reload with the token that was counted", async () => {
    const at = locking();
    const page = await tab(at);
    const { signal } = new AbortController();
    await page.connection.tokens.obtain(WISH, undefined, "automatic", signal);

    await reload(at, page);

    expect(at.vending.log).toEqual(["mint", "replay"]);
    expect(at.gemini.talks).toEqual([1]);
  });

  test.each(["its session is over", "its handle is dead"])("starts over when %s", async (why) => {
    const at = locking();
    const page = await tab(at);
    await page.start();
    await minutes(5);

    if (why === "its handle is dead") at.gemini.handles.clear();
    if (why === "its session is over") await sleep(at.gemini, 40);
    else at.gemini.cut();
    await minutes(1);

    expect(at.gemini.talks).toEqual([2]);
    expect(page.failures).toEqual([]);
    await minutes(20);
    expect(at.gemini.talks).toEqual([2]);
  });
});

describe("many", () => {
  test("tabs are talks of their own, each handed over by itself", async () => {
    const at = world();
    const [one, two] = [await tab(at), await tab(at)];
    await one.start();
    await minutes(6);
    await two.start();

    await minutes(80);

    expect(at.gemini.talks).toHaveLength(2);
    expect(new Set(at.vending.log)).toEqual(new Set(["mint", "handover"]));
    expect(at.vending.slots).toBe(2);
  });

  test("talks of five minutes, six of them, each ended, are never refused", async () => {
    const at = world();

    for (let times = 0; times < 6; times++) {
      const page = await tab(at);
      await page.start();
      await minutes(5);
      at.vending.end(page.connection.tokens.session?.id ?? "");
      page.connection.close();
    }

    expect(at.vending.log).toEqual(Array(6).fill("mint"));
  });
});
