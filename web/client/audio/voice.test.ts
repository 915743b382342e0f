import { afterEach, describe, expect, test } from "vitest";

import type { LiveError } from "../errors.ts";
import { FakeBrowser, FakeContext, type FakeTrack, microphone, speaker } from "./fake-browser.ts";
import { Voice } from "./voice.ts";

const A = microphone("a");
const B = microphone("b");
const C = microphone("c");
const X = speaker("x");

let browser: FakeBrowser;
let voice: Voice;
let errors: string[];

afterEach(async () => {
  await voice.end();
  browser.leave();
});

/** A talk that listens to a microphone. */
async function talk(id = "", { muted = false, at = browserWith(A, B, X) } = {}): Promise<void> {
  browser = at;
  errors = [];
  voice = new Voice(
    (name, detail) => name === "error" && errors.push((detail as { error: LiveError }).error.code),
    () => {},
  );
  browser.devices.addEventListener("devicechange", () => void voice.follow());
  const graph = voice.unlock();
  await Promise.all([graph.open(), voice.listenTo(id)]);
  voice.begin("automatic", muted, 800);
  await browser.pass(1);
}

function browserWith(...plugged: ConstructorParameters<typeof FakeBrowser>): FakeBrowser {
  return new FakeBrowser(...plugged);
}

function track(): FakeTrack {
  return browser.devices.opened.at(-1) as FakeTrack;
}

/** Something that waits until it is let go. */
function held(): { readonly wait: Promise<void>; letGo(): void } {
  let letGo = (): void => {};
  const wait = new Promise<void>((resolve) => (letGo = resolve));
  return { wait, letGo };
}

describe("sound that the system stops", () => {
  test("is resumed once it is suspended, and not while it is interrupted", async () => {
    await talk();
    const { context } = browser;
    const before = context.resumed;

    context.become("interrupted");
    await browser.pass(3);
    expect([context.resumed - before, voice.state.trouble]).toEqual([0, "sound-stopped"]);

    context.become("suspended");
    await browser.pass(2);
    expect([context.state, voice.state.trouble]).toEqual(["running", null]);
  });

  test("is told while it may not be resumed, and resumed with a tap", async () => {
    await talk();
    FakeContext.permitted = false;
    browser.context.become("suspended");
    await browser.pass(2);
    expect(voice.state.trouble).toBe("sound-stopped");

    FakeContext.permitted = true;
    voice.graph?.resume(); // what a tap does
    await browser.pass(2);

    expect(voice.state.trouble).toBeNull();
  });

  test("is told where the context only says that it is running", async () => {
    await talk("", { muted: true });
    const { context } = browser;
    Object.defineProperty(context, "currentTime", { get: () => 1, set: () => {} });

    await browser.pass(2);

    expect([context.state, voice.state.trouble]).toEqual(["running", "sound-stopped"]);
  });

  test("that never began waits for a tap", async () => {
    const at = browserWith(A);
    at.userActivation.hasBeenActive = false;
    FakeContext.permitted = false;
    await talk("", { at });

    await browser.pass(1);

    expect(voice.state.trouble).toBe("autoplay-blocked");
  });

  test("that never began although it may has nothing to play it", async () => {
    const at = browserWith(A);
    FakeContext.permitted = false; // Firefox without an output device
    await talk("", { at });

    await browser.pass(1);

    expect(voice.state.trouble).toBe("speaker-missing");
  });
});

describe("a microphone from which nothing comes", () => {
  test("is told when the system has muted it, until it has not", async () => {
    await talk();
    track().muted = true;
    await browser.pass(1, 0);
    expect(voice.state.trouble).toBe("microphone-muted");

    track().muted = false;
    await browser.pass(1);
    expect(voice.state.trouble).toBeNull();
  });

  test("is told after a quarter of a minute of zeros, and not of a quiet room", async () => {
    await talk();
    await browser.pass(30, 0.0001);
    expect(voice.state.trouble).toBeNull();

    await browser.pass(16, 0);
    expect(voice.state.trouble).toBe("microphone-silent");

    await browser.pass(1);
    expect(voice.state.trouble).toBeNull();
  });

  test("is opened again when it stalls", async () => {
    await talk();

    await browser.pass(3, null);
    expect(voice.state.trouble).toBe("microphone-silent");
    expect([browser.devices.opened.length, browser.devices.open]).toEqual([2, ["a"]]);

    await browser.pass(1);
    expect(voice.state.trouble).toBeNull();
  });

  test("is expected to be still while it is muted here", async () => {
    await talk("", { muted: true });

    await browser.pass(20, null);

    expect([voice.state.trouble, browser.devices.opened.length]).toEqual([null, 1]);
  });
});

describe("devices that come and go", () => {
  test("the system's microphone is followed", async () => {
    await talk();

    browser.devices.change(B, A, X);
    await browser.pass(1);

    expect([browser.devices.open, errors]).toEqual([["b"], []]);
  });

  test("Chromium's default is followed by its label", async () => {
    const standard = (label: string) => ({ ...A, deviceId: "default", label });
    await talk("", { at: browserWith(standard("Default - A"), A, B) });

    browser.devices.change(standard("Default - B"), A, B);
    await browser.pass(1);

    expect(browser.devices.opened).toHaveLength(2);
  });

  test("a chosen microphone stays, whatever the system's is", async () => {
    await talk("b");

    browser.devices.change(C, A, B, X);
    await browser.pass(1);

    expect([browser.devices.open, browser.devices.opened.length]).toEqual([["b"], 1]);
  });

  test("a chosen microphone that goes is replaced with a word, and used again when it returns", async () => {
    await talk("b");

    browser.devices.plugged = [A, X];
    track().lose();
    await browser.pass(1);
    expect([browser.devices.open, errors]).toEqual([["a"], ["microphone-unavailable"]]);

    browser.devices.change(A, B, X);
    await browser.pass(1);
    expect(browser.devices.open).toEqual(["b"]);
  });

  test("a chosen microphone that is gone at the start is replaced with a word", async () => {
    await talk("gone");

    expect([browser.devices.open, errors]).toEqual([["a"], ["microphone-unavailable"]]);
  });

  test("a chosen speaker that goes is replaced with a word, and used again when it returns", async () => {
    await talk();
    await voice.speakThrough("x");

    browser.devices.change(A, B);
    await browser.pass(1);
    expect([(await voice.devices()).speaker, errors]).toEqual(["", ["speaker-unavailable"]]);

    browser.devices.change(A, B, X);
    await browser.pass(1);
    expect((await voice.devices()).speaker).toBe("x");
  });

  test("a microphone that cannot be had again mutes, says why, and is asked for when one unmutes", async () => {
    await talk();
    browser.devices.refused.set("", "NotAllowedError");

    track().lose();
    await browser.pass(1);
    expect([voice.state.muted, errors]).toEqual([true, ["microphone-denied"]]);

    browser.devices.refused.clear();
    voice.mute(false);
    await browser.pass(1);
    expect([voice.state.muted, browser.devices.open]).toEqual([false, ["a"]]);
  });
});

describe("switching", () => {
  test("ends on the last choice, and both wait for it", async () => {
    await talk();
    const slow = held();
    browser.devices.slow.set("b", slow.wait);

    const first = voice.listenTo("b");
    const second = voice.listenTo("a");
    await second;
    slow.letGo();
    await first;

    expect(browser.devices.open).toEqual(["a"]);
  });

  test("ends on the last choice of a speaker, too, though the first one fails late", async () => {
    await talk("", { at: browserWith(A, X, speaker("y")) });
    const slow = held();
    browser.slowSinks.set("gone", slow.wait);

    const first = voice.speakThrough("gone");
    await voice.speakThrough("y");
    slow.letGo();
    await first;

    expect([(await voice.devices()).speaker, errors]).toEqual(["y", []]);
  });

  test("to one that cannot be joined leaves none on, keeps the old one, and rejects with our error", async () => {
    await talk();
    FakeContext.joins = false;

    await expect(voice.listenTo("b")).rejects.toMatchObject({ code: "microphone-unavailable" });

    expect(browser.devices.open).toEqual(["a"]);
  });

  test("leaves nothing on that arrives after the end", async () => {
    await talk();
    const slow = held();
    browser.devices.slow.set("b", slow.wait);
    const late = voice.listenTo("b");

    await voice.end();
    slow.letGo();

    await expect(late).rejects.toMatchObject({ code: "aborted" });
    expect(browser.devices.open).toEqual([]);
  });
});

test("the end gives back what the system was asked for", async () => {
  await talk();
  expect(browser.audioSession.type).toBe("play-and-record");

  await voice.end();

  expect(browser.audioSession.type).toBe("auto");
});
