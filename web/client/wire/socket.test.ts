import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Ending } from "./closes.ts";
import type { Fact } from "./facts.ts";
import { FakeSocket, GRANT } from "./fake-socket.ts";
import { FULL_BYTES, LiveSocket, SETUP_DEADLINE_MS } from "./socket.ts";

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

test("a network that is gone without a word is noticed", () => {
  const { socket, fake, lost } = connect();
  fake.open();
  fake.onmessage?.({ data: '{"setupComplete":{}}' });
  fake.bufferedAmount = FULL_BYTES;

  socket.checkPulse();
  const early = lost.length;
  vi.advanceTimersByTime(5000);
  socket.checkPulse();

  expect([early, lost.length]).toEqual([0, 1]);
});

test("a socket is not closed before it is open: the browser would log its address", () => {
  const { socket, fake } = connect();

  socket.close();
  const early = [...fake.closed];
  fake.open();

  expect([early, fake.closed]).toEqual([[], [1000]]);
  expect(fake.sent).toEqual([]);
});
