import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Happening } from "./connection.ts";
import { FakeSocket, GRANT } from "./fake-socket.ts";
import type { FromWire } from "./protocol.ts";
import { Sockets } from "./sockets.ts";
import type { Turns } from "./protocol.ts";

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
function talk(
  grant = GRANT,
  turns: Turns = "automatic",
): {
  sockets: Sockets;
  told: FromWire[];
  happened: string[];
  connect(number: number): FakeSocket;
  /** Have the microphone record so much of this loudness, or move its gate. */
  record(what: number | "open" | "shut", chunks?: number): void;
} {
  const told: FromWire[] = [];
  const happened: string[] = [];
  const happen = ({ on }: Happening): void => void happened.push(on);
  const ports = { capture: port(), playback: port() };
  const order = { do: "open", grant: GRANT, turns, handle: null, before: [] } as const;
  const sockets = new Sockets({ ...order, ...ports }, (message) => told.push(message), happen);
  const connect = (number: number): FakeSocket => {
    sockets.connect(number, grant, number === 1 ? null : "h");
    FakeSocket.last.open();
    FakeSocket.last.hear({ setupComplete: {} });
    sockets.swap(number);
    return FakeSocket.last;
  };
  const record = (what: number | "open" | "shut", chunks = 1): void => {
    for (let n = 0; n < chunks; n++) {
      if (typeof what === "number") vi.advanceTimersByTime(20);
      const data = typeof what === "number" ? new Int16Array(320).fill(what).buffer : what;
      ports.capture.onmessage?.({ data } as MessageEvent);
    }
  };
  return { sockets, told, happened, connect, record };
}

const LOUD = 5000;
const QUIET = 10;
const sounds = (gemini: FakeSocket): number =>
  gemini.sent.filter((message) => JSON.stringify(message).includes("audio/pcm")).length;
const texts = (gemini: FakeSocket): unknown[] =>
  gemini.sent.flatMap((message) => {
    const { realtimeInput } = message as { realtimeInput?: { text?: string } };
    return realtimeInput?.text === undefined ? [] : [realtimeInput.text];
  });

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

test("a socket that cannot be made is a loss, told once whoever asked for it knows", async () => {
  vi.stubGlobal("WebSocket", function fail() {
    throw new Error("SecurityError");
  });
  const { sockets, happened } = talk();

  sockets.connect(1, GRANT, null);
  const early = [...happened];
  await vi.advanceTimersByTimeAsync(0);

  expect([early, happened]).toEqual([[], ["lost"]]);
});

describe("a connection that says nothing", () => {
  const gaveUp = (told: FromWire[]): number => told.filter(({ is }) => is === "lost").length;

  test("for 8 s after a sentence is dead, and so is the next one after 16 s", () => {
    const { told, connect, record } = talk();
    connect(1);
    record(LOUD, 50);
    record(QUIET, 50 * 7);
    const early = gaveUp(told);
    record(QUIET, 50 * 3);
    const late = gaveUp(told);

    connect(2);
    record(LOUD, 50);
    record(QUIET, 50 * 15);
    const patient = gaveUp(told);
    record(QUIET, 50 * 4);

    expect([early, late, patient, gaveUp(told)]).toEqual([0, 1, 1, 2]);
  });

  test.each([
    ["nobody has spoken", QUIET, false],
    ["it says anything at all", LOUD, true],
  ])("is alive where %s", (_, what, says) => {
    const { told, connect, record } = talk();
    const gemini = connect(1);
    record(what, 50);
    if (says) gemini.hear({ serverContent: { inputTranscription: { text: "Hello" } } });
    record(QUIET, 50 * 60);

    expect(gaveUp(told)).toBe(0);
  });
});

describe("a sentence", () => {
  test("that no sign came for is said again after a loss, and counted", () => {
    const { sockets, connect, record } = talk();
    const first = connect(1);
    record(QUIET, 100);
    record(LOUD, 50);
    record(QUIET, 100);
    first.onclose?.({ code: 1006, reason: "" });
    const second = connect(2);

    expect(sounds(second)).toBeGreaterThanOrEqual(150);
    expect(sockets.stats.repeated).toBe(sounds(second));
  });

  test("that Gemini has answered is not said again", () => {
    const { connect, record } = talk();
    const first = connect(1);
    record(LOUD, 50);
    record(QUIET, 100);
    first.hear(SPEAKS);
    first.hear(TURN_ENDS);
    record(QUIET, 100);
    first.onclose?.({ code: 1006, reason: "" });

    expect(sounds(connect(2))).toBe(0);
  });

  test("that may have gone to a network of before is said again to the connection of the next", () => {
    const { sockets, connect, record } = talk();
    connect(1);
    record(LOUD, 50);
    record(QUIET, 50);

    sockets.doubtful = true;

    expect(sounds(connect(2))).toBeGreaterThanOrEqual(100);
  });
});

describe("what is written while a sentence is not over", () => {
  test("waits for the silence that ends it, and is sent once", () => {
    const { sockets, connect, record } = talk();
    const gemini = connect(1);
    record("open");
    record(LOUD, 20);
    sockets.write(WRITTEN);
    record(QUIET, 60);
    const early = texts(gemini);
    record("shut");

    expect([early, texts(gemini)]).toEqual([[], ["Hello"]]);
  });

  test("waits for two seconds at most", () => {
    const { sockets, connect, record } = talk();
    const gemini = connect(1);
    record(LOUD, 20);
    sockets.write(WRITTEN);
    record(LOUD, 100);

    expect(texts(gemini)).toEqual(["Hello"]);
  });

  test("is not lost with a connection that is replaced, nor sent twice after one that is lost", () => {
    const { sockets, connect, record } = talk();
    const first = connect(1);
    first.hear(SPEAKS);
    record(LOUD, 20);
    sockets.write(WRITTEN);
    const second = connect(2);
    record(LOUD, 20);
    sockets.write({ ...WRITTEN, id: 2, text: "Again" });
    second.onclose?.({ code: 1006, reason: "" });
    const third = connect(3);
    record(QUIET, 100);

    expect([texts(first), texts(second), texts(third)]).toEqual([["Hello"], [], []]);
    expect(JSON.stringify(asHistory(third))).toContain("Again");
  });
});

describe("history on a model that takes it announced, and once", () => {
  const GRANT_3_1 = { ...GRANT, setup: { model: "models/gemini-3.1-flash-live-preview" } };
  const SAID = { ...WRITTEN, kind: "speech", text: "I am Noor" } as const;

  test("is announced by the setup of a fresh connection; what is written is asked after it", () => {
    const { sockets, connect } = talk(GRANT_3_1);
    sockets.said(SAID);
    sockets.write({ ...WRITTEN, id: 2 });
    const gemini = connect(1);

    const turns = [{ role: "user", parts: [{ text: "I am Noor" }] }];
    expect(gemini.sent).toMatchObject([
      { setup: { historyConfig: { initialHistoryInClientContent: true } } },
      { clientContent: { turns, turnComplete: true } },
      { realtimeInput: { text: "Hello" } },
    ]);
  });

  test("is not announced where there is none, and not sent to a connection that resumes", () => {
    const { sockets, connect } = talk(GRANT_3_1);
    const first = connect(1);
    sockets.said(SAID);
    first.onclose?.({ code: 1006, reason: "" });
    sockets.write({ ...WRITTEN, id: 2 });
    const second = connect(2);

    expect(JSON.stringify([...first.sent, ...second.sent])).not.toMatch(/historyConfig|clientContent/);
    expect(texts(second)).toEqual(["Hello"]);
  });
});

describe("a tool that outlives its connection", () => {
  test("is told in words what it answered, and its question is not asked again meanwhile", () => {
    const { sockets, told, connect } = talk();
    const first = connect(1);
    sockets.write(WRITTEN);
    first.hear(CALLS);
    first.onclose?.({ code: 1006, reason: "" });
    const second = connect(2);
    const before = asHistory(second);
    sockets.answer(ANSWER);

    expect(before).toMatchObject([{ clientContent: { turnComplete: false } }]);
    expect(texts(second)).toEqual(['get_weather answered: {"output":"sunny"}']);
    expect(told).toContainEqual({ is: "answered", response: ANSWER, delivered: false });
  });

  test("that answers while nothing is open is told to the next, once", () => {
    const { sockets, connect } = talk();
    const first = connect(1);
    first.hear(CALLS);
    first.onclose?.({ code: 1006, reason: "" });
    sockets.answer(ANSWER);
    const second = connect(2);
    const third = connect(3);

    expect([texts(second).length, texts(third).length]).toEqual([1, 0]);
  });

  test("and answers its own is delivered", () => {
    const { sockets, told, connect } = talk();
    connect(1).hear(CALLS);

    sockets.answer(ANSWER);

    expect(told.at(-1)).toEqual({ is: "answered", response: ANSWER, delivered: true });
  });
});
