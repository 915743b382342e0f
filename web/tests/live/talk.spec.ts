import { launchOptions } from "./chromium.ts";
import { expect, test } from "./live.ts";

test.use({ launchOptions: launchOptions("now_and_then") });

test("what is spoken is heard again", { tag: "@short" }, async ({ live }) => {
  await live.start();
  await live.page.evaluate(() => window.harness.listen());

  await live.journal("utterance");
  await live.event("audio", ({ playing }) => playing);

  await expect.poll(async () => (await live.heard("speaker")).length).toBeGreaterThan(0);
  const said = await live.event("transcript", ({ entry }) => entry.who === "user");
  expect(said.detail.entry.text).toContain("seconds of speech");
  await live.event("transcript", ({ entry }) => entry.who === "model" && entry.final);
  const usage = await live.event("usage");
  expect(usage.detail.total.cost).toBeGreaterThan(0);
});

test("the token is nowhere but in memory", { tag: "@short" }, async ({ live }) => {
  await live.start();

  const seen = await live.page.evaluate(async () => {
    const { harness } = window;
    const kept = JSON.stringify([{ ...localStorage }, { ...sessionStorage }, harness.events]);
    const databases = await indexedDB.databases();
    return `${kept} ${databases.length} ${document.documentElement.outerHTML} ${location.href}`;
  });

  expect(seen + live.console.join()).not.toContain("auth_tokens");
});

test("a muted microphone sends nothing, and opens again without being asked for", async ({ live }) => {
  await live.start();
  await expect.poll(async () => (await live.stats()).sent).toBeGreaterThan(10);
  await live.page.evaluate(() => {
    const { mediaDevices } = navigator;
    const get = mediaDevices.getUserMedia.bind(mediaDevices);
    mediaDevices.getUserMedia = (...args) => {
      window.harness.requests.push("getUserMedia");
      return get(...args);
    };
    window.harness.talk.mute();
  });
  await expect.poll(async () => (await live.said()).length).toBe(1);
  expect(await live.said()).toEqual([{ realtimeInput: { audioStreamEnd: true } }]);

  const { sent } = await live.stats();
  await live.page.waitForTimeout(300);
  expect((await live.stats()).sent).toBe(sent);
  await live.page.evaluate(() => window.harness.talk.unmute());

  await expect.poll(async () => (await live.stats()).sent).toBeGreaterThan(sent + 10);
  expect(await live.requests()).not.toContain("getUserMedia");
});

test("who mutes right after a question is answered", { tag: "@short" }, async ({ live }) => {
  await live.start();
  const deaf = await live.page.evaluate(async () => {
    const { talk } = window.harness;
    let hasSpoken = false;
    return new Promise<boolean>((done) => {
      const stop = talk.on("volume", ({ detail: { microphone } }) => {
        hasSpoken ||= microphone > 0.05;
        if (!hasSpoken || microphone > 0.01) return;
        stop();
        talk.mute();
        done(talk.state.name === "live" && talk.state.muted);
      });
    });
  });

  expect(deaf).toBe(true);
  await live.journal("utterance");
  await live.event("audio", ({ playing }) => playing);
});

test("push-to-talk says when it begins and ends", async ({ live }) => {
  await live.start({ wish: { turnDetection: { mode: "manual" } } });
  expect((await live.stats()).captured).toBe(0);

  await live.page.evaluate(() => window.harness.talk.pushToTalk("down"));
  await expect.poll(async () => (await live.stats()).sent).toBeGreaterThan(25);
  await live.page.evaluate(() => window.harness.talk.pushToTalk("up"));

  await live.journal("utterance");
  expect(await live.said()).toEqual([
    { realtimeInput: { activityStart: {} } },
    { realtimeInput: { activityEnd: {} } },
  ]);
});

test("Gemini calls the weather, and speaks of it", { tag: "@short" }, async ({ live }) => {
  await live.start({ muted: true, wish: { tools: ["get_weather"] } });

  await live.page.evaluate(() => window.harness.talk.sendText("What is the weather in Lisbon?"));

  const call = await live.event("toolcall");
  expect(call.detail).toMatchObject({ name: "get_weather", args: { place: "Lisbon" } });
  const result = await live.event("toolresult");
  expect(result.detail.ok).toBe(true);
  await live.event("transcript", ({ entry }) => entry.who === "model" && entry.text.includes("Lisbon"));
});

test("search shows where it looked", async ({ live }) => {
  await live.start({ muted: true, wish: { tools: ["google_search"] } });

  await live.page.evaluate(() => window.harness.talk.sendText("Who won?"));

  const { detail } = await live.event("sources");
  expect(detail.sources).toEqual([{ uri: "https://example.com/", title: "example.com" }]);
});

for (const source of ["camera", "screen"] as const) {
  test(`the ${source} is seen about once a second`, async ({ live }) => {
    await live.start({ muted: true });

    await live.page.evaluate(async (which) => {
      const { talk } = window.harness;
      await (which === "camera" ? talk.startCamera() : talk.startScreen());
    }, source);
    await expect.poll(async () => (await live.stats()).frames).toBeGreaterThan(2);
    await live.page.evaluate(() => {
      window.harness.talk.stopCamera();
      window.harness.talk.stopScreen();
    });

    const frames = (await live.gemini.journal("message")).filter((entry) =>
      JSON.stringify(entry.message).includes("image/jpeg"),
    );
    expect(frames.length).toBeGreaterThan(2);
    const [first, second] = frames.slice(1).map((entry) => Number(entry.at));
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThan(0.7);
    await live.page.evaluate(() => window.harness.talk.sendText("What do you see?"));
    await live.event("transcript", ({ entry }) => entry.who === "model" && /768/.test(entry.text));
  });
}

test("a picture is shown, and is in the transcript", async ({ live }) => {
  await live.start({ muted: true });

  await live.page.evaluate(async () => {
    const canvas = new OffscreenCanvas(2000, 1000);
    canvas.getContext("2d")?.fillRect(0, 0, 9, 9);
    await window.harness.talk.sendImage(await canvas.convertToBlob());
  });

  await live.event("transcript", ({ entry }) => entry.kind === "image");
  const [shown] = await live.journal("message");
  expect(JSON.stringify(shown?.message)).toContain("image/jpeg");
  await live.page.evaluate(() => window.harness.talk.sendText("What is it?"));
  await live.event("transcript", ({ entry }) => entry.text.includes("768"));
});

test("what is no picture is refused", async ({ live }) => {
  await live.start({ muted: true });

  const refused = await live.page.evaluate(async () =>
    window.harness.talk.sendImage(new Blob(["x"])).catch((error) => error.code as string),
  );

  expect(refused).toBe("invalid-request");
});

test("ending the session frees its slot", async ({ live }) => {
  await live.start();
  await live.page.evaluate(() => window.harness.talk.endSession());

  const sessions = await live.page.evaluate(() => window.harness.tokens.sessions());
  expect(sessions.map(({ state }) => state)).toEqual(["ended"]);
  expect(await live.page.evaluate(() => window.harness.talk.state.name)).toBe("closed");
  await live.journal("left");
});

test("a second talk within the cooldown says how long it is", async ({ live }) => {
  await live.start();
  await live.page.evaluate(() => window.harness.talk.stop());

  await live.tap();
  const { detail } = await live.event("error");

  expect(detail.error).toMatchObject({ code: "quota-exceeded", violated: ["cooldown"] });
  expect(detail.error.retryAfterS).toBeGreaterThan(200);
  expect(await live.page.evaluate(() => window.harness.talk.state.name)).toBe("failed");
});
