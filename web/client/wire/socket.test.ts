import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Ending } from "./closes.ts";
import type { Fact } from "./facts.ts";
import { FakeSocket, GRANT } from "./fake-socket.ts";
import { LiveSocket, OPENING_DEADLINE_MS, SETUP_DEADLINE_MS } from "./socket.ts";

function connect(): { socket: LiveSocket; fake: FakeSocket; facts: Fact[]; lost: Ending[] } {
  const facts: Fact[] = [];
  const lost: Ending[] = [];
  const socket = new LiveSocket(GRANT, "h", {
    facts: (told) => facts.push(...told),
    lost: (ending) => lost.push(ending),
  });
  return { socket, fake: FakeSocket.last, facts, lost };
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", FakeSocket);
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("a socket says its setup first, with its handle", () => {
  const { fake } = connect();

  fake.open();

  expect(fake.url).toBe("wss://gemini.test/ws?access_token=auth_tokens%2F1");
  expect(fake.sent).toEqual([{ setup: { model: "models/m", sessionResumption: { handle: "h" } } }]);
});

test("frames are read, binary or text, and nonsense is not the end", () => {
  const { fake, facts, lost } = connect();
  fake.open();
  const binary = new TextEncoder().encode('{"setupComplete":{}}').buffer;

  for (const data of [binary, '{"goAway":{"timeLeft":"5s"}}', "<html>"]) fake.onmessage?.({ data });

  expect(facts.map(({ fact }) => fact)).toEqual(["ready", "goAway"]);
  expect(lost).toEqual([]);
});

test("a setup that is not answered is given up", () => {
  const { fake, lost } = connect();
  fake.open();

  vi.advanceTimersByTime(SETUP_DEADLINE_MS);

  expect(lost).toMatchObject([{ cause: "dropped" }]);
  expect(fake.closed).toEqual([1000]);
});

test("a connection that does not open in time is closed, so that the next one need not wait for it", () => {
  const { fake, lost } = connect();

  vi.advanceTimersByTime(OPENING_DEADLINE_MS);

  expect(fake.closed).toEqual([1000]);
  expect(lost).toMatchObject([{ cause: "dropped", reason: "no connection" }]);
});

describe("a second of sound that waits", () => {
  const ready = { setupComplete: {} };

  test("at two looks, with nothing taken and nothing heard, is a network that is gone", () => {
    const { socket, fake, lost } = connect();
    fake.open();
    fake.hear(ready);
    fake.bufferedAmount = 50_000;

    const isHeard = socket.look();
    socket.look();
    const early = [...lost];
    socket.look();

    expect([isHeard, early]).toEqual([true, []]);
    expect(lost).toMatchObject([{ code: 1006, reason: "the network is gone" }]);
  });

  test.each([
    ["while some of it is taken", (fake: FakeSocket) => (fake.bufferedAmount -= 100)],
    ["while Gemini speaks", (fake: FakeSocket) => fake.hear({ serverContent: {} })],
    [
      "where it has only just come",
      (fake: FakeSocket, n: number) => (fake.bufferedAmount = 60_000 * (n % 2)),
    ],
  ])("is a slow network %s", (_, happens) => {
    const { socket, fake, lost } = connect();
    fake.open();
    fake.bufferedAmount = 90_000;

    for (let n = 0; n < 6; n++) {
      happens(fake, n);
      socket.look();
    }

    expect(lost).toEqual([]);
  });
});

test("a socket is not closed before it is open: the browser would log its address", () => {
  const { socket, fake } = connect();

  socket.close();
  const early = [...fake.closed];
  fake.open();

  expect([early, fake.closed]).toEqual([[], [1000]]);
  expect(fake.sent).toEqual([]);
});
