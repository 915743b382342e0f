import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Happening } from "./connection.ts";
import { FakeSocket, GRANT } from "./fake-socket.ts";
import type { FromWire } from "./protocol.ts";
import { Sockets } from "./sockets.ts";

const SOUND = { inlineData: { mimeType: "audio/pcm;rate=24000", data: "AAA=" } };
const SPEAKS = { serverContent: { modelTurn: { parts: [SOUND] } } };
const HANDLE = { sessionResumptionUpdate: { newHandle: "h", resumable: true } };
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
function talk(): {
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
    sockets.connect(number, GRANT, number === 1 ? null : "h");
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

  sockets.send({ toolResponse: { functionResponses: [] } });
  const open = [...first.closed];
  first.hear(TURN_ENDS);

  expect(open).toEqual([]);
  expect(first.sent.at(-1)).toEqual({ toolResponse: { functionResponses: [] } });
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
