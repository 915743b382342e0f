import { describe, expect, test } from "vitest";
import { fromBase64, toBase64 } from "./base64.ts";
import { ending } from "./closes.ts";
import { type Fact, factsOf } from "./facts.ts";
import type { TranscriptEntry } from "../conversation/transcript.ts";
import { TalkHistory } from "./history.ts";
import { MicrophoneFeed } from "./microphone-feed.ts";
import { Turn } from "./turn.ts";

const names = (message: unknown): string[] => factsOf(message).map(({ fact }) => fact);

describe("a close", () => {
  test.each([
    [1011, "Token has been used too many times", "token"],
    [1011, "Token has expired", "token"],
    [1011, "auth token has expired", "token"],
    [1007, "Missing or malformed auth token. For browsers, pass it in ...", "token"],
    [1007, "Request contains an invalid argument.", "rejected"],
    [1007, "realtime_input.media_chunks is deprecated.", "rejected"],
    [1008, "models/x is not found for API version v1beta, or ...", "model"],
    [1008, "Requested entity was not found.", "handle"],
    [1008, "The operation was aborted.", "dropped"],
    [1011, "You exceeded your current quota, please check your plan", "quota"],
    [1011, "The service is currently unavailable.", "dropped"],
    [1006, "", "dropped"],
    [1000, "", "ended"],
  ])("of %i %s is %s", (code, reason, cause) => {
    expect(ending(code, reason).cause).toBe(cause);
  });

  test("never tells a token", () => {
    expect(ending(1007, "bad auth_tokens/0123abc").reason).not.toContain("0123abc");
  });
});

describe("a message", () => {
  test("is read whole, however much is in it", () => {
    const message = {
      serverContent: {
        modelTurn: {
          parts: [{ inlineData: { mimeType: "audio/pcm;rate=24000", data: "AAA=" } }, { text: "a" }],
        },
        outputTranscription: { text: "b" },
        generationComplete: true,
        turnComplete: true,
      },
      toolCall: { functionCalls: [{ id: "1", name: "get_weather", args: { place: "here" } }] },
      usageMetadata: { totalTokenCount: 3 },
    };

    const all = ["sound", "wrote", "said", "generated", "calls", "usage", "turn"];
    expect(names(message)).toEqual(all);
  });

  test.each([
    [{ goAway: { timeLeft: "9.5s" } }, { fact: "goAway", timeLeftMs: 9500 }],
    [{ sessionResumptionUpdate: { newHandle: "h", resumable: true } }, { fact: "handle", handle: "h" }],
    [{ sessionResumptionUpdate: { newHandle: "", resumable: false } }, { fact: "handle", handle: null }],
    [{ toolCallCancellation: { ids: ["1"] } }, { fact: "cancelled", ids: ["1"] }],
    [{ setupComplete: {} }, { fact: "ready" }],
    [{ serverContent: { waitingForInput: true } }, { fact: "turn", cut: false }],
  ])("%j is understood", (message, fact) => {
    expect(factsOf(message)).toEqual([fact]);
  });

  test("of nothing we know is nothing", () => {
    for (const strange of [null, 1, [], {}, { serverContent: null }, { toolCall: { x: 1 } }]) {
      expect(factsOf(strange)).toEqual([]);
    }
  });

  test("does not link to anything but pages", () => {
    const chunk = (uri: string): object => ({ web: { uri, title: "t" } });
    const groundingMetadata = { groundingChunks: [chunk("javascript:x"), chunk("https://a/")] };

    const [fact] = factsOf({ serverContent: { groundingMetadata } });

    expect(fact).toMatchObject({ sources: [{ uri: "https://a/" }] });
  });
});

test("base64 goes there and back", () => {
  const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => (i * 7) % 256);

  expect(toBase64(bytes)).toBe(Buffer.from(bytes).toString("base64"));
  expect(fromBase64(toBase64(bytes))).toEqual(bytes);
});

describe("Gemini's turn", () => {
  type Part = Exclude<Fact, { fact: "turn" }>;
  const sound = (): Part => ({ fact: "sound", pcm: new ArrayBuffer(2) });
  const end = { fact: "turn", cut: false, reason: "" } as const;

  function turn(): { turn: Turn; played: unknown[] } {
    const played: unknown[] = [];
    const postMessage = (it: unknown): void =>
      void played.push(it instanceof ArrayBuffer ? "sound" : it);
    return { turn: new Turn({ postMessage }), played };
  }

  test("is not heard from an interruption until its end", () => {
    const { turn: it, played } = turn();

    it.take(sound(), 0);
    const told = it.take({ fact: "interrupted" }, 10);
    it.take(sound(), 20);
    it.end(end);
    it.take(sound(), 40);

    expect(told).toBe(true);
    expect(played).toEqual(["sound", "flush", "end", "sound"]);
  });

  test("is heard in the end, should the end of the turn never be told", () => {
    const { turn: it, played } = turn();
    it.take(sound(), 0);
    it.take({ fact: "interrupted" }, 10);

    it.take(sound(), 2000);

    expect(played.at(-1)).toBe("sound");
  });

  test("cannot be interrupted before it began", () => {
    const { turn: it, played } = turn();

    expect(it.take({ fact: "interrupted" }, 0)).toBe(false);
    expect(played).toEqual([]);
  });

  const thought: Part = { fact: "wrote", text: "**Greeting** Short." };

  test("has no reasoning in it where it was spoken", () => {
    const { turn: it } = turn();

    const told = [thought, sound(), thought].map((fact) => it.take(fact, 0));

    expect(told).toEqual([false, false, false]);
    expect(it.end(end)).toEqual([end]);
  });

  test("is what was written where nothing was spoken, and once", () => {
    const { turn: it } = turn();
    it.take(thought, 0);
    it.take({ fact: "wrote", text: " Hello" }, 0);

    const text = "**Greeting** Short. Hello";
    expect(it.end(end)).toEqual([{ fact: "wrote", text }, end]);
    expect(it.end(end)).toEqual([{ ...end, empty: true }]);
  });

  const said = { fact: "said", text: "Hello", interim: false, finished: false } as const;

  test.each([
    ["nothing", [], true],
    ["only the question", [{ ...said, who: "user" }], true],
    ["words", [{ ...said, who: "model" }], false],
    ["sound", [sound()], false],
    ["a call", [{ fact: "calls", calls: [] }], false],
    ["an interruption", [{ fact: "interrupted" }], false],
  ] as const)("with %s in it is empty: %s", (_, facts, empty) => {
    const { turn: it } = turn();
    for (const fact of facts) it.take(fact, 0);

    expect(it.end(end)).toEqual([empty ? { ...end, empty: true } : end]);
  });

  test("in which Gemini chose to say nothing is not empty", () => {
    const { turn: it } = turn();

    expect(it.end({ fact: "turn", cut: false })).toEqual([{ fact: "turn", cut: false }]);
  });

  const spoken = { fact: "interrupted" } as const;
  const generated = { fact: "generated" } as const;
  test.each([
    ["an interruption and its end", [spoken, end]],
    ["its end alone", [end]],
    ["its end, and a late interruption", [end, spoken]],
    ["all of it, and no end", [generated]],
    ["all of it, an interruption and no end", [generated, spoken]],
    ["all of it, its end and an interruption", [generated, end, spoken]],
    ["an interruption, all of it, and no end", [spoken, generated]],
  ] as const)("that was hushed is followed by the next, from its first sound, after %s", (_, facts) => {
    const { turn: it, played } = turn();
    it.take(sound(), 0);
    it.hush();
    it.take(sound(), 5);
    const before = played.filter((what) => what === "sound").length;
    for (const fact of facts) {
      if (fact.fact === "turn") it.end(fact);
      else it.take(fact, 10);
    }

    it.take(sound(), 20);

    const after = played.filter((what) => what === "sound").length;
    expect([before, after]).toEqual([1, 2]);
  });

  test("is not heard at all once it was hushed", () => {
    const { turn: it, played } = turn();
    it.take(sound(), 0);
    it.hush();

    it.take(sound(), 60_000);

    expect(played).toEqual(["sound", "flush"]);
  });

  test.each([
    ["in the middle is missed", [], true],
    ["after all of it was sent is whole", [{ fact: "generated" }], false],
  ] as const)("cut off %s", (_, facts, cut) => {
    const { turn: it, played } = turn();
    for (const fact of [sound(), ...facts]) it.take(fact, 0);

    expect(it.cut()).toEqual([{ fact: "turn", cut }]);
    expect(played.at(-1)).toBe("end"); // what has arrived is still played
    expect(it.busy).toBe(false);
  });
});

describe("what a new connection is told", () => {
  let last = 0;
  function said(
    who: "user" | "model",
    text: string,
    kind: "speech" | "text" = "speech",
  ): TranscriptEntry {
    return { id: ++last, who, kind, text, final: true, interrupted: false, at: 0 };
  }
  function history(...entries: TranscriptEntry[]): TalkHistory {
    const it = new TalkHistory();
    for (const entry of entries) it.take(entry);
    return it;
  }
  const turn = (role: string, text: string): object => ({ role, parts: [{ text }] });

  test("is all of the talk when it is fresh", () => {
    const it = history(said("user", "Hello"), said("model", "Good day."));
    it.mark();

    const turns = [turn("user", "Hello"), turn("model", "Good day.")];
    expect(it.messages(true, "ask", 0)).toEqual([{ clientContent: { turns, turnComplete: false } }]);
  });

  test("is what came after its handle, as it is in the end, when it resumes", () => {
    const it = history(said("user", "Hello"));
    it.mark();
    const growing = said("model", "Good");
    it.take(growing);
    it.take({ ...growing, text: "Good day." });

    const turns = [turn("model", "Good day.")];
    expect(it.messages(false, "ask", 0)).toEqual([{ clientContent: { turns, turnComplete: false } }]);
  });

  test("is nothing when nothing was said, or only shown", () => {
    const it = history({ ...said("user", ""), kind: "image" });

    expect(it.messages(true, "ask", 0)).toEqual([]);
    it.mark();
    expect(it.messages(false, "ask", 0)).toEqual([]);
  });

  test.each([
    ["was written is to be answered", "text", true],
    ["was spoken is not: Gemini may have chosen to be silent", "speech", false],
  ] as const)("what %s", (_, kind, turnComplete) => {
    const it = history(said("model", "Yes?"), said("user", "How are you?", kind));

    expect(it.messages(true, "ask", 0)).toMatchObject([{ clientContent: { turnComplete } }]);
  });

  test("is nothing while what was written is being answered", () => {
    expect(history(said("user", "How are you?", "text")).messages(false, "add", 0)).toEqual([]);
  });

  test("is no more than the newest forty entries", () => {
    const it = history(...Array.from({ length: 100 }, (_, n) => said("user", String(n))));

    const turns = Array.from({ length: 40 }, (_, n) => turn("user", String(60 + n)));
    expect(it.messages(true, "tell", 0)).toEqual([{ clientContent: { turns, turnComplete: false } }]);
  });
});

describe("the microphone's feed", () => {
  const chunk = (value: number): ArrayBuffer => new Int16Array(320).fill(value).buffer;
  const QUIET = 10;
  const LOUD = 5000;

  function outlet(): { bufferedBytes: number; sent: unknown[]; send(message: unknown): void } {
    const sent: unknown[] = [];
    return { bufferedBytes: 0, sent, send: (message) => sent.push(message) };
  }

  function fill(feed: MicrophoneFeed, chunks: number, value: number): void {
    for (let i = 0; i < chunks; i++) feed.take(chunk(value));
  }

  test("keeps 15 seconds while there is no connection, and counts what it lost", () => {
    const feed = new MicrophoneFeed("automatic");
    fill(feed, 800, QUIET);
    const out = outlet();

    feed.begin(out);

    expect(out.sent).toHaveLength(750);
    expect(feed.counts).toEqual({ captured: 800, sent: 750, repeated: 0, lost: 50 });
  });

  test("says the sentence again that a connection cut in two", () => {
    const feed = new MicrophoneFeed("automatic");
    const [first, second] = [outlet(), outlet()];
    fill(feed, 50, QUIET);
    fill(feed, 20, LOUD);
    feed.flow(first);

    feed.begin(second);

    expect(first.sent).toHaveLength(70);
    expect(second.sent).toHaveLength(30); // and the 200 ms before it
    expect(feed.counts.repeated).toBe(30);
  });

  test("repeats nothing when nobody speaks", () => {
    const feed = new MicrophoneFeed("automatic");
    fill(feed, 20, LOUD);
    fill(feed, 50, QUIET);
    feed.flow(outlet());
    const out = outlet();

    feed.begin(out);

    expect(out.sent).toEqual([]);
  });

  test("tells a new connection that the button is held", () => {
    const feed = new MicrophoneFeed("hold");
    feed.take("open");
    fill(feed, 10, LOUD);
    feed.flow(outlet());
    const out = outlet();

    feed.begin(out);
    feed.take("shut");
    feed.flow(out);

    expect(out.sent).toHaveLength(12);
    expect(out.sent[0]).toEqual({ realtimeInput: { activityStart: {} } });
    expect(out.sent.at(-1)).toEqual({ realtimeInput: { activityEnd: {} } });
  });

  test("waits while the network does not keep up", () => {
    const feed = new MicrophoneFeed("automatic");
    const out = outlet();
    out.bufferedBytes = 1e6;
    fill(feed, 10, QUIET);

    feed.flow(out);
    out.bufferedBytes = 0;
    const before = out.sent.length;
    feed.flow(out);

    expect([before, out.sent.length]).toEqual([0, 10]);
  });

  test("does not send again what may have been refused", () => {
    const feed = new MicrophoneFeed("automatic");
    fill(feed, 10, LOUD);
    const out = outlet();

    feed.forget();
    feed.begin(out);

    expect(out.sent).toEqual([]);
  });
});
