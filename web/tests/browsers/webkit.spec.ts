/** A talk in WebKit: start, talk, mute, reconnect, end. */
import { expect } from "@playwright/test";

import { test } from "./webkit.ts";

const SOUND = "return window.livepass.talk.audio.context.state";

test("a talk starts, and its sound is unlocked by the click", { tag: "@short" }, async ({ visitor }) => {
  await visitor.signIn("safa");
  await visitor.press("Start talking");

  await visitor.sees("main", "End the talk");
  expect(await visitor.run(SOUND)).toBe("running");
  await visitor.press("End the talk");
  await visitor.sees("main", "Start talking");
});

test("what is said is heard by Gemini, and answered", async ({ visitor }) => {
  await visitor.signIn("sal");
  await visitor.press("Start talking");
  await visitor.sees("main", "Mute");
  await new Promise((resolve) => setTimeout(resolve, 2000));
  // The microphone beeps without a pause (WebKit's MockRealtimeAudioSource.cpp), so a mute ends it.
  await visitor.press("Mute");

  await visitor.sees("[role=log]", /seconds of speech/);
});

test("who is muted is not heard, and can write", async ({ visitor }) => {
  await visitor.signIn("sam");
  await visitor.press("Start talking");
  await visitor.sees("main", "Mute");
  await visitor.press("Mute");
  await new Promise((resolve) => setTimeout(resolve, 3000)); // the silence that ends what was said
  expect(await visitor.run("return document.querySelector('.mute').ariaPressed")).toBe("true");
  await visitor.write("Good morning");
  await visitor.sees("[role=log]", "You wrote: Good morning");
});

test("a connection that is lost is replaced, and the talk goes on", async ({ visitor }) => {
  await visitor.signIn("sia");
  await visitor.press("Start talking");
  await visitor.sees("main", "Mute");
  await visitor.press("Mute");
  await new Promise((resolve) => setTimeout(resolve, 3000));
  await visitor.write("Remember Minka");
  await visitor.sees("[role=log]", "You wrote: Remember Minka");

  await visitor.emulate("faults", "POST", { on: "open", do: "cut" });

  await visitor.sees("[role=log]", "Reconnected; nothing was lost.");
  await visitor.write("recap please");
  await visitor.sees("[role=log]", /You said: .*Minka/);
});

test("a talk ends, releases the microphone, and is counted once", async ({ visitor }) => {
  await visitor.signIn("sue");
  await visitor.press("Start talking");
  await visitor.sees("main", "End the talk");
  await visitor.press("End the talk");

  await visitor.sees("main", "The talk has ended.");
  expect(await visitor.run("return window.livepass.talk.audio")).toBeNull();
  await visitor.sees("body", "9 of 10 left");
});
