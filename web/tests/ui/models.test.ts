/** The view models: limits, choices, lines, times. */
import { describe, expect, test } from "vitest";

import { NO_USAGE, turnUsage } from "../../client/conversation/cost.ts";
import type { TalkBookmark } from "../../client/index.ts";
import {
  durations,
  modalities,
  models,
  thinkingLevels,
  tools,
  voices,
  wish,
} from "../../page/settings/choices.ts";
import { keepBookmark, keepUsed, readBookmark, readUsed } from "../../page/resume/bookmarks.ts";
import { dollars, duration, toolName } from "../../site/format.ts";
import { Latencies, safe } from "../../page/drawer/journal.ts";
import { left, next } from "../../page/talk/limits.ts";
import { found, isShown, said, toolCalled, toolEnded, withLine } from "../../page/transcript/lines.ts";
import { readPreferences, unchosen, writePreferences } from "../../site/preferences.ts";
import { canResume } from "../../page/shell/state.ts";
import { storage } from "./sign-in-parts.ts";
import { config, cooling, limits, NOW, states } from "./states.ts";

const entry = {
  id: 1,
  who: "model",
  kind: "speech",
  text: "Hello",
  final: false,
  interrupted: false,
  at: NOW,
} as const;

test("a function is called by its own name, though every object has one of it", () => {
  expect(["get_weather", "constructor", "toString"].map(toolName)).toEqual([
    "Weather",
    undefined,
    undefined,
  ]);
});

describe("limits", () => {
  test("with room everywhere, the next talk may start", () => {
    expect(next(limits, NOW)).toEqual({ kind: "now" });
  });

  test("the limit that holds longest is waited for", () => {
    const day = {
      limit: 100,
      used: 100,
      remaining: 0,
      resetsAt: new Date(NOW + 3_600_000).toISOString(),
    };

    expect(next({ ...cooling, day }, NOW)).toEqual({ kind: "wait", why: "day", seconds: 3600 });
  });

  test("the countdown is over when the server's clock says so", () => {
    expect(next(cooling, NOW + 251_000)).toMatchObject({ kind: "wait", seconds: 1 });
    expect(next(cooling, NOW + 252_000)).toEqual({ kind: "now" });
  });

  test("with all talks open, waiting does not help", () => {
    expect(next({ ...limits, sessions: { limit: 3, active: 3 } }, NOW)).toEqual({ kind: "full" });
  });

  test("limits that are off are not shown", () => {
    const off = { limit: null, used: 3, remaining: null, resetsAt: null };

    expect(left({ ...limits, hour: off, day: off, sessions: { limit: null, active: 1 } })).toEqual([]);
  });

  test("nothing is ever less than nothing", () => {
    expect(left({ ...limits, sessions: { limit: 3, active: 5 } }).at(-1)).toMatchObject({
      name: "sessions",
      left: 0,
    });
  });
});

describe("choices", () => {
  const flash = { ...unchosen, model: "gemini-3.1-flash-live-preview" };

  test("a model that is not offered any more is the default one", () => {
    const chosen = models(config, { ...unchosen, model: "gone" }).filter((choice) => choice.chosen);

    expect(chosen.map(({ value }) => value)).toEqual([config.defaultModel]);
  });

  test("what a model cannot do is there, and says why", () => {
    expect(voices(config, flash).find(({ value }) => value === "Zephyr")?.impossible).toContain(
      "Gemini 3.1 Flash",
    );
    expect(tools(config, flash).find(({ value }) => value === "get_weather")?.impossible).toContain(
      "Not available with Gemini 3.1 Flash",
    );
    expect(thinkingLevels(config, unchosen).every(({ impossible }) => impossible !== undefined)).toBe(
      true,
    );
  });

  test("only what the model can do is asked for", () => {
    const all = {
      ...flash,
      voice: "Zephyr",
      tools: ["google_search", "get_weather"],
      systemInstruction: "Sing.",
    };

    expect(wish(config, all)).toEqual({
      model: "gemini-3.1-flash-live-preview",
      tools: ["google_search"],
      turnDetection: { mode: "automatic" },
    });
  });

  test("a model that must think takes its first level", () => {
    expect(wish(config, { ...unchosen, model: "gemini-3.8-live-extended-thinking" })).toMatchObject({
      thinkingLevel: "low",
    });
  });

  test("a pass longer than the site allows is impossible, and not asked for", () => {
    const long = { ...unchosen, durationMinutes: 90 };

    expect(durations(config, long).find(({ value }) => value === "90")).toMatchObject({
      chosen: true,
      impossible: "this site allows up to 60",
    });
    expect(wish(config, long)).not.toHaveProperty("durationMinutes");
    expect(wish(config, { ...unchosen, durationMinutes: 10 })).toMatchObject({ durationMinutes: 10 });
  });

  test("a model that only speaks does not write", () => {
    const inWriting = { ...unchosen, responseModality: "TEXT" } as const;

    expect(modalities(config, inWriting)).toMatchObject([
      { value: "AUDIO", chosen: true, impossible: undefined },
      { value: "TEXT", chosen: false, impossible: "Not available with Gemini 3.8 Live." },
    ]);
    expect(wish(config, inWriting)).not.toHaveProperty("responseModality");
    const both = {
      ...config,
      models: config.models.map((model) => ({ ...model, responseModalities: ["AUDIO", "TEXT"] })),
    };
    expect(wish(both, inWriting)).toMatchObject({ responseModality: "TEXT" });
  });

  test("how soon Gemini notices is asked for, both ways", () => {
    const chosen = {
      ...unchosen,
      silenceMs: 1200,
      startSensitivity: "low",
      endSensitivity: "high",
    } as const;

    expect(wish(config, chosen).turnDetection).toEqual({
      mode: "automatic",
      silenceMs: 1200,
      startSensitivity: "low",
      endSensitivity: "high",
    });
    expect(wish(config, { ...chosen, pushToTalk: true }).turnDetection).toEqual({ mode: "manual" });
  });

  test("push-to-talk sends no pause", () => {
    expect(wish(config, { ...unchosen, pushToTalk: true, silenceMs: 500 }).turnDetection).toEqual({
      mode: "manual",
    });
  });
});

describe("preferences", () => {
  test("what was written is read", () => {
    const kept = new Map<string, string>();
    const chosen = { ...unchosen, voice: "Puck", temperature: 0.7, theme: "dark" } as const;

    writePreferences(chosen, { setItem: (key, value) => void kept.set(key, value) });

    expect(readPreferences({ getItem: (key) => kept.get(key) ?? null })).toMatchObject(chosen);
  });

  test.each(["", "[]", "nonsense", '{"temperature": 99, "theme": "pink", "tools": "all", "voice": 7}'])(
    "%s is nothing chosen",
    (text) => {
      expect(readPreferences({ getItem: () => text })).toMatchObject({ ...unchosen });
    },
  );

  test("a storage that throws changes nothing", () => {
    const shut = (): never => {
      throw new Error("forbidden");
    };

    expect(readPreferences({ getItem: shut })).toEqual(unchosen);
    writePreferences(unchosen, { setItem: shut });
  });
});

describe("a talk that was left", () => {
  const { resumable, "resumable-anew": anew } = states;
  const hour = 60 * 60_000;

  test.each([
    ["in its session, in the cooldown too", { ...resumable, limits: cooling }, true],
    ["in a new session, as long as Gemini remembers it", anew, true],
    ["not in a new one while none may start", { ...anew, limits: cooling }, false],
    ["not in a new one before it is known whether one may start", { ...anew, limits: undefined }, false],
    ["not when Gemini has forgotten it", { ...anew, serverNowMs: NOW + 2 * hour }, false],
    ["not when there is none", states.idle, false],
  ])("can go on %s", (_, state, can) => {
    expect(canResume(state)).toBe(can);
  });
});

describe("the bookmark of a talk", () => {
  const bookmark: TalkBookmark = {
    sessionId: "s-1",
    handle: "h-1",
    savedAt: NOW,
    turns: "automatic",
    transcript: [{ ...entry, final: true }],
    wish: { voice: "Puck" },
    requests: [{ idempotencyKey: "4f3c", body: { sessionId: "s-1" } }],
  };

  test("is read as it was kept, and is gone when it is told to be", () => {
    const kept = storage();

    keepBookmark(bookmark, kept);
    expect(readBookmark(kept)).toEqual(bookmark);
    keepBookmark(null, kept);
    expect(readBookmark(kept)).toBeUndefined();
    expect(kept.length).toBe(0);
  });

  test.each([
    ["nonsense"],
    ["[]"],
    ['{"sessionId": "s-1"}'],
    [JSON.stringify({ ...bookmark, handle: 7 })],
    [JSON.stringify({ ...bookmark, transcript: [{ who: "mallory" }] })],
    [JSON.stringify({ ...bookmark, wish: "all" })],
    [JSON.stringify({ ...bookmark, requests: [{ idempotencyKey: 7, body: {} }] })],
    [JSON.stringify({ ...bookmark, requests: [{ idempotencyKey: "k" }] })],
  ])("%s is none", (text) => {
    expect(readBookmark({ getItem: () => text })).toBeUndefined();
  });

  const used = turnUsage({ promptTokenCount: 9, thoughtsTokenCount: 1 });

  test("goes together with what its session has used, which is of no other", () => {
    const kept = storage();

    keepUsed("s-1", used, kept);
    expect(kept.length, "without a bookmark").toBe(0);
    keepBookmark(bookmark, kept);
    keepUsed("s-1", used, kept);
    expect(readUsed("s-1", kept)).toEqual(used);
    expect(readUsed("s-2", kept)).toEqual(NO_USAGE);
    keepBookmark(null, kept);
    expect(kept.length).toBe(0);
  });

  test.each([
    ["nonsense"],
    ["null"],
    [JSON.stringify({ sessionId: "s-1", used: { ...used, thoughts: "7" } })],
    [JSON.stringify({ sessionId: "s-1", used: { ...used, input: { text: 7 } } })],
  ])("%s is no usage", (text) => {
    expect(readUsed("s-1", { getItem: () => text })).toEqual(NO_USAGE);
  });
});

describe("lines", () => {
  test("a line that grows stays in its place", () => {
    const lines = withLine(
      [said(entry), toolCalled("7", "get_weather", {})],
      said({ ...entry, text: "Hello there" }),
    );

    expect(lines.map(({ key }) => key)).toEqual(["said-1", "tool-7"]);
    expect(lines[0]).toMatchObject({ entry: { text: "Hello there" } });
  });

  test("an answer finds its call, and a stranger's none", () => {
    const lines = [toolCalled("7", "get_weather", {})];

    expect(toolEnded(lines, "7", "done")[0]).toMatchObject({ status: "done" });
    expect(toolEnded(lines, "8", "done")).toEqual(lines);
  });

  test("a source that is no web page is no link", () => {
    const uris = ["https://example.com/", "javascript:alert(1)", "data:text/html,x", "nonsense"];
    const line = found(
      "s",
      [],
      uris.map((uri) => ({ uri, title: "" })),
    );

    expect(line).toMatchObject({ sources: [{ uri: "https://example.com/" }] });
  });

  test("without captions speech is not shown, and all else is", () => {
    expect(isShown(said(entry), false)).toBe(false);
    expect(isShown(said({ ...entry, kind: "text" }), false)).toBe(true);
    expect(isShown(toolCalled("7", "x", {}), false)).toBe(true);
  });
});

describe("figures", () => {
  test.each([
    [0, "0:00"],
    [-3, "0:00"],
    [9.2, "0:10"],
    [75, "1:15"],
    [3675, "1:01:15"],
  ])("%d s is %s", (seconds, shown) => {
    expect(duration(seconds)).toBe(shown);
  });

  test.each([
    [0, "$0.00"],
    [0.002, "< $0.01"],
    [1.234, "$1.23"],
  ])("%d is %s", (value, shown) => {
    expect(dollars(value)).toBe(shown);
  });

  test("of times the last, the median and the 95th centile are told", () => {
    const latencies = new Latencies();
    for (let ms = 100; ms >= 1; ms -= 1) latencies.add("setup", ms);

    expect(latencies.summary()).toEqual([{ name: "setup", lastMs: 1, p50Ms: 50, p95Ms: 95 }]);
  });
});

test("nothing that looks like a token gets into the developer drawer", () => {
  const shown = safe({
    url: "wss://x/?access_token=auth_tokens/abc-DEF_1.2",
    idToken: "eyJhbGciOi.eyJzdWIi.c2ln",
  });

  expect(shown).not.toMatch(/abc-DEF|eyJ/);
  expect(safe(new Error("auth_tokens%2Fabc"))).not.toContain("abc");
});
