import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Happening } from "./connection.ts";
import { FakeSocket, GRANT } from "./fake-socket.ts";
import type { FromWire } from "./protocol.ts";
import { Sockets } from "./sockets.ts";

const SOUND = { inlineData: { mimeType: "audio/pcm;rate=24000", data: "AAA=" } };
const SPEAKS = { serverContent: { modelTurn: { parts: [SOUND] } } };
const HANDLE = { sessionResumptionUpdate: { newHandle: "h", resumable: true } };
const CALLS = { toolCall: { functionCalls: [{ id: "c1", name: "get_weather", args: {} }] } };
const ANSWER = { id: "c1", name: "get_weather", response: { output: "sunny" } };
const TURN_ENDS = { serverContent: { turnComplete: true } };

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", FakeSocket);
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

function port(): MessagePort {
  return { postMessage: () => {}, close: () => {} } as unknown as MessagePort;
}

/** Sockets over fakes, and everything they reported. */
function talk(grant = GRANT): {
  sockets: Sockets;
  told: FromWire[];
  happened: string[];
  connect(number: number): FakeSocket;
} {
  const told: FromWire[] = [];
  const happened: string[] = [];
  const happen = ({ on }: Happening): void => void happened.push(on);
  const ports = { capture: port(), playback: port() };
  const order = { do: "open", grant: GRANT, turns: "automatic", handle: null, before: [] } as const;
  const sockets = new Sockets({ ...order, ...ports }, (message) => told.push(message), happen);
  const connect = (number: number): FakeSocket => {
    sockets.connect(number, grant, number === 1 ? null : "h");
    FakeSocket.last.open();
    sockets.swap(number);
    return FakeSocket.last;
  };
  return { sockets, told, happened, connect };
}

test("it is not quiet while Gemini may think of an answer", () => {
  const { happened, connect } = talk();
  const gemini = connect(1);
  gemini.hear(SPEAKS);
  gemini.hear(TURN_ENDS);

  vi.advanceTimersByTime(1000);
  gemini.hear(HANDLE);
  const early = happened.includes("quiet");
  vi.advanceTimersByTime(2000);
  gemini.hear(HANDLE);

  expect([early, happened.includes("quiet")]).toEqual([false, true]);
});

test("Gemini ends its turn on the connection it began it on, and hears from tools there", () => {
  const { sockets, told, connect } = talk();
  const first = connect(1);
  first.hear(SPEAKS);
  const second = connect(2);

  first.hear(CALLS);
  sockets.answer(ANSWER);
  const open = [...first.closed];
  first.hear(TURN_ENDS);

  expect(open).toEqual([]);
  expect(first.sent.at(-1)).toEqual({ toolResponse: { functionResponses: [ANSWER] } });
  expect(second.sent).toHaveLength(1); // its setup
  expect(first.closed).toEqual([1000]);
  expect(told.at(-1)).toMatchObject({ is: "facts", facts: [{ fact: "turn", cut: false }] });
});

test("a turn is over when Gemini begins another on the new connection", () => {
  const { told, connect } = talk();
  const first = connect(1);
  first.hear(SPEAKS);
  const second = connect(2);

  second.hear(SPEAKS);

  expect(first.closed).toEqual([1000]);
  expect(told).toContainEqual({ is: "facts", facts: [{ fact: "turn", cut: true }] });
});

const WRITTEN = {
  id: 1,
  who: "user",
  kind: "text",
  text: "Hello",
  final: true,
  interrupted: false,
  at: 0,
} as const;

test("what the user writes is sent once; an entry that is only told of is not", () => {
  const { sockets, connect } = talk();
  const gemini = connect(1);

  sockets.said(WRITTEN);
  sockets.write({ ...WRITTEN, id: 2, text: "Good day" });

  expect(gemini.sent.slice(1)).toEqual([{ realtimeInput: { text: "Good day" } }]); // after its setup
});

test("what the user writes without a connection is given to the next one as history, to be answered", () => {
  const { sockets, connect } = talk();

  sockets.write(WRITTEN);
  const gemini = connect(1);

  const turns = [{ role: "user", parts: [{ text: "Hello" }] }];
  expect(gemini.sent.slice(1)).toEqual([{ clientContent: { turns, turnComplete: true } }]);
});

const asHistory = (gemini: FakeSocket): unknown[] =>
  gemini.sent.filter((message) => JSON.stringify(message).startsWith('{"clientContent"'));

test("an answer whose call died with its connection is told in words, and never as an answer", () => {
  const { sockets, connect } = talk();
  const first = connect(1);
  first.hear(CALLS);
  first.onclose?.({ code: 1006, reason: "" });
  const second = connect(2);

  sockets.answer(ANSWER);

  const told = 'get_weather answered: {"output":"sunny"}';
  expect(second.sent.slice(1)).toEqual([{ realtimeInput: { text: told } }]);
});

test("it is not quiet while a tool works for the live connection", () => {
  const { sockets, happened, connect } = talk();
  const gemini = connect(1);
  gemini.hear(HANDLE);
  gemini.hear(CALLS);
  gemini.hear(TURN_ENDS);

  vi.advanceTimersByTime(5000);
  gemini.hear(HANDLE);
  const early = happened.includes("quiet");
  sockets.answer(ANSWER);
  vi.advanceTimersByTime(3000);
  gemini.hear(HANDLE);

  expect([early, happened.includes("quiet")]).toEqual([false, true]);
});

test.each([
  ["models/gemini-3.8-live", true],
  ["models/gemini-3.8-live-extended-thinking", false],
])("%s is told when to speak of an answer: %s", (model, told) => {
  const { sockets, connect } = talk({ ...GRANT, setup: { model } });
  const gemini = connect(1);
  gemini.hear(CALLS);

  sockets.answer({ ...ANSWER, scheduling: "SILENT" });

  expect(JSON.stringify(gemini.sent.at(-1)).includes("scheduling")).toBe(told);
});

test("what was written and has no answer is written again where history was refused", () => {
  const { sockets, connect } = talk();
  connect(1).onclose?.({ code: 1006, reason: "" });
  sockets.write(WRITTEN);
  connect(2).onclose?.({ code: 1007, reason: "Request contains an invalid argument." });

  expect(connect(3).sent.slice(1)).toEqual([{ realtimeInput: { text: "Hello" } }]);
});

test("history that was refused is not sent again, and the loss is put down to it", () => {
  const { sockets, told, connect } = talk();
  connect(1).onclose?.({ code: 1006, reason: "" });
  sockets.said({ ...WRITTEN, kind: "image", text: "said" });
  const second = connect(2);
  second.onclose?.({ code: 1007, reason: "Request contains an invalid argument." });
  const third = connect(3);

  expect(asHistory(second)).toHaveLength(1);
  expect(told.at(-1)).toMatchObject({ is: "lost", ending: { cause: "history" } });
  expect(asHistory(third)).toEqual([]);
});

test("what is refused long after history is not put down to it", () => {
  const { sockets, told, connect } = talk();
  connect(1).onclose?.({ code: 1006, reason: "" });
  sockets.said({ ...WRITTEN, kind: "image", text: "said" });
  const second = connect(2);
  vi.advanceTimersByTime(6000);

  second.onclose?.({ code: 1007, reason: "Request contains an invalid argument." });

  expect(told.at(-1)).toMatchObject({ is: "lost", ending: { cause: "rejected" } });
});

test.each([
  ["is the only one", 1, 0],
  ["is one of many", 2, 1],
])("what came after a handle that %s is history %i, %i times", (_, handles, told) => {
  const { sockets, connect } = talk();
  const first = connect(1);
  for (let n = 0; n < handles; n++) first.hear(HANDLE);
  sockets.said({ ...WRITTEN, who: "model", kind: "speech" });
  vi.advanceTimersByTime(5000);

  first.onclose?.({ code: 1006, reason: "" });

  expect(asHistory(connect(2))).toHaveLength(told);
});

test("who takes the place of a connection is set up once that is closed, or a second later", async () => {
  const sent: number[][] = [];
  for (const closes of [true, false]) {
    const { sockets, connect } = talk();
    const first = connect(1);
    sockets.hangUp();
    sockets.connect(2, GRANT, "h");
    const second = FakeSocket.last;
    second.open();

    const counts = [second.sent.length];
    if (closes) first.onclose?.({ code: 1000, reason: "" });
    await vi.advanceTimersByTimeAsync(closes ? 0 : 1000);
    counts.push(second.sent.length);
    sent.push(counts);
  }

  expect(sent).toEqual([
    [0, 1],
    [0, 1],
  ]);
});
