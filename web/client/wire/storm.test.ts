import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { FakeSocket, GRANT } from "./fake-socket.ts";
import type { FromWire } from "./protocol.ts";
import { Wire } from "./wire.ts";

/** What a service or a network can do to a new socket. */
const DONE = {
  "closes it with 1011": (it: FakeSocket) => end(it, 1011, "The service is currently unavailable."),
  "closes it with 1007": (it: FakeSocket) => end(it, 1007, "Request contains an invalid argument."),
  "closes it with 1008": (it: FakeSocket) => end(it, 1008, "Requested entity was not found."),
  "closes it with 1000": (it: FakeSocket) => end(it, 1000, ""),
  "closes it with 4000": (it: FakeSocket) => end(it, 4000, "?"),
  "finds the token used": (it: FakeSocket) => end(it, 1011, "Token has been used too many times"),
  "finds the quota spent": (it: FakeSocket) => end(it, 1011, "You exceeded your current quota"),
  "refuses the handshake": (it: FakeSocket) => it.onclose?.({ code: 1006, reason: "" }),
  "says nothing": () => {},
  "accepts and closes": (it: FakeSocket) => accept(it, () => end(it, 1011, "Internal error.")),
  "accepts, and closes after eleven seconds": (it: FakeSocket) =>
    accept(it, () => setTimeout(() => end(it, 1011, "Internal error."), 11_000)),
  "accepts, and says goodbye at once": (it: FakeSocket) =>
    accept(it, () => it.hear({ goAway: { timeLeft: "0s" } })),
  "accepts, and says goodbye in a while": (it: FakeSocket) =>
    accept(it, () => it.hear({ goAway: { timeLeft: "60s" } })),
} satisfies Record<string, (it: FakeSocket) => void>;
type Deed = keyof typeof DONE;
const DEEDS = Object.keys(DONE) as Deed[];
const MINUTES = 3;

function end(it: FakeSocket, code: number, reason: string): void {
  it.open();
  it.onclose?.({ code, reason });
}

function accept(it: FakeSocket, then: () => void): void {
  it.open();
  it.hear({ setupComplete: {} });
  it.hear({ sessionResumptionUpdate: { newHandle: "h", resumable: true } });
  then();
}

/** A talk of some minutes; returns the most sockets in any minute of it, and how it ended. */
async function talk(next: () => Deed, flaps = false): Promise<{ most: number; last: unknown }> {
  const openedMs: number[] = [];
  vi.stubGlobal(
    "WebSocket",
    class extends FakeSocket {
      constructor(url: string) {
        super(url);
        openedMs.push(performance.now());
        const deed = openedMs.length === 1 ? "accepts, and says goodbye in a while" : next();
        setTimeout(() => DONE[deed](this), 1);
      }
    },
  );
  let last: unknown;
  const wire: Wire = new Wire((message: FromWire) => {
    if (message.is === "news") last = message.news;
    if (message.is === "ask") wire.obey({ do: "grant", grant });
  });
  const port = (): MessagePort => ({ postMessage: () => {}, close: () => {} }) as unknown as MessagePort;
  const ports = { capture: port(), playback: port() };
  const grant = { ...GRANT, expiresInMs: 1e6, renewInMs: 9e5 };
  wire.obey({ do: "open", grant, turns: "automatic", handle: null, before: [], ...ports });
  for (let s = 0; s < MINUTES * 60; s++) {
    await vi.advanceTimersByTimeAsync(500);
    ports.capture.onmessage?.({ data: new Int16Array(320).buffer } as MessageEvent);
    if (flaps) wire.obey({ do: "online" });
    await vi.advanceTimersByTimeAsync(500);
  }
  wire.obey({ do: "close" });
  const counts = openedMs.map(
    (from) => openedMs.filter((at) => at >= from && at < from + 60_000).length,
  );
  return { most: Math.max(...counts), last };
}

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test.each(DEEDS)("whoever %s gets at most 12 sockets a minute, and a word", async (deed) => {
  const { most, last } = await talk(() => deed);

  expect(most).toBeLessThanOrEqual(12);
  expect(last).toBeDefined();
});

test("no order of all that can happen gets more, on a network that comes and goes", async () => {
  const figures = [];
  for (let seed = 1; seed <= 30; seed++) {
    let state = seed;
    const chance = (): number => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
    figures.push(
      (await talk(() => DEEDS[Math.floor(chance() * DEEDS.length)] as Deed, seed % 2 === 0)).most,
    );
  }

  expect(Math.max(...figures)).toBeLessThanOrEqual(12);
});
