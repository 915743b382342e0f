/** When a page reports what a talk has used, and what. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { Meter } from "../../client/conversation/cost.ts";
import { LiveError } from "../../client/errors.ts";
import { LiveEventTarget, type LiveEventName, type LiveEvents } from "../../client/events.ts";
import type { SessionSummary, UsageReport } from "../../client/index.ts";
import { keepBookmark, readUsed } from "../../page/resume/bookmarks.ts";
import { reportUsage } from "../../page/resume/reports.ts";
import { storage } from "./sign-in-parts.ts";
import { NOW } from "./states.ts";

/** A talk that emits what the test tells it to. */
class Talk extends LiveEventTarget {
  #meter = new Meter();

  tell<Name extends LiveEventName>(name: Name, detail: LiveEvents[Name]): void {
    this.emit(name, detail);
  }

  open(id: string): void {
    this.#meter = new Meter();
    this.emit("open", { session: { id } as SessionSummary, resumed: false });
  }

  turn(heard: number, said: number, thoughts = 0): void {
    this.#meter.report({
      promptTokenCount: heard + 2,
      promptTokensDetails: [{ modality: "AUDIO", tokenCount: heard }],
      responseTokenCount: said,
      responseTokensDetails: [{ modality: "AUDIO", tokenCount: said }],
      thoughtsTokenCount: thoughts,
    });
    this.emit("usage", this.#meter.usage);
    this.#meter.endTurn();
  }

  close(): void {
    this.emit("close", { reason: "stopped" });
  }
}

/** A tab with a talk, and the reports it sent. */
function tab(kept = storage()) {
  const talk = new Talk();
  const page = Object.assign(new EventTarget(), { sessionStorage: kept });
  const sent: { id: string; used: UsageReport; signal: AbortSignal | undefined }[] = [];
  const refused: LiveError[] = [];
  const report = async (id: string, used: UsageReport, signal?: AbortSignal): Promise<void> => {
    sent.push({ id, used, signal });
    const error = refused.pop();
    if (error !== undefined) throw error;
  };
  const detach = reportUsage(talk, { report }, page);
  const heard = (): (number | undefined)[] => sent.map(({ used }) => used.prompt?.audio);
  return { talk, page, sent, refused, detach, heard, kept };
}

function bookmark(sessionId: string, kept: Storage): void {
  keepBookmark({ sessionId, handle: null, savedAt: NOW, turns: "automatic", transcript: [] }, kept);
}

describe("what a talk has used", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test("is added up by modality, and told within a deadline", () => {
    const { talk, sent } = tab();
    talk.open("s");
    talk.turn(100, 40, 7);
    talk.turn(150, 60);

    talk.close();

    expect(sent).toHaveLength(1);
    expect(sent[0]?.signal).toBeInstanceOf(AbortSignal);
    expect(sent[0]).toMatchObject({
      id: "s",
      used: {
        prompt: { text: 0, audio: 250, image: 0, other: 4 },
        response: { text: 0, audio: 100, image: 0, other: 0 },
        thoughts: 7,
      },
    });
  });

  test("is told once a minute while it changes, and not while it does not", () => {
    const { talk, heard } = tab();
    talk.open("s");
    for (let second = 0; second < 150; second += 5) {
      talk.turn(1, 1);
      vi.advanceTimersByTime(5000);
    }
    expect(heard()).toEqual([12, 24]);

    vi.advanceTimersByTime(600_000);
    expect(heard()).toEqual([12, 24, 30]);
  });

  test("is told before Gemini ends the connection, and only once", () => {
    const { talk, heard } = tab();
    talk.open("s");
    talk.turn(1, 1);

    talk.tell("goaway", { timeLeftMs: 5000 });
    talk.close();
    vi.advanceTimersByTime(60_000);

    expect(heard()).toEqual([1]);
  });

  test("is told when the page goes, and when somebody signs out, and then no more", () => {
    const { talk, page, heard, detach } = tab();
    talk.open("s");
    talk.turn(1, 1);
    page.dispatchEvent(new Event("pagehide"));
    expect(heard()).toEqual([1]);

    talk.turn(2, 1);
    detach();
    expect(heard()).toEqual([1, 3]);
    talk.turn(4, 1);
    talk.close();
    page.dispatchEvent(new Event("pagehide"));
    vi.advanceTimersByTime(60_000);

    expect(heard()).toEqual([1, 3]);
  });

  test("is told again at the end, if it could not be told before", async () => {
    const { talk, refused, heard } = tab();
    refused.push(new LiveError("network"));
    talk.open("s");
    talk.turn(1, 1);
    await vi.advanceTimersByTimeAsync(120_000);
    expect(heard(), "nobody is pestered meanwhile").toEqual([1]);

    talk.close();

    expect(heard()).toEqual([1, 1]);
  });

  test("continues with its session, even after a reload, and starts over with a new one", () => {
    const { talk, heard, kept, detach } = tab();
    bookmark("s", kept);
    talk.open("s");
    talk.turn(10, 1);
    talk.close();
    talk.open("s");
    talk.turn(5, 1);
    talk.close();
    expect(heard()).toEqual([10, 15]);
    detach();

    const after = tab(kept);
    after.talk.open("s");
    after.talk.turn(3, 1);
    after.talk.close();
    after.talk.open("new");
    after.talk.turn(4, 1);
    after.talk.close();

    expect(after.heard()).toEqual([18, 4]);
  });

  test("is told of each session of a talk that outlasts one", async () => {
    const { talk, sent, refused, kept } = tab();
    bookmark("s", kept);
    talk.open("s");
    talk.turn(10, 1);
    talk.tell("tokenrefresh", { session: { id: "s" } as SessionSummary, expiresInMs: 1 });
    talk.turn(5, 1);

    talk.tell("tokenrefresh", { session: { id: "next" } as SessionSummary, expiresInMs: 1 });
    bookmark("next", kept);
    talk.turn(3, 1);
    refused.push(new LiveError("network"), new LiveError("store-unavailable"));
    await vi.advanceTimersByTimeAsync(60_000);
    talk.close();

    const told = sent.map(({ id, used }) => [id, used.prompt?.audio]);
    expect(told).toEqual([
      ["s", 15],
      ["next", 3],
      ["s", 15],
      ["next", 3],
    ]);
    expect(readUsed("next", kept).input.audio).toBe(3);
  });

  test("is nothing where nothing was said", () => {
    const { talk, sent, detach } = tab();
    talk.close();
    talk.open("s");
    talk.tell("goaway", { timeLeftMs: 5000 });
    talk.close();
    detach();

    expect(sent).toEqual([]);
  });
});
