import { launchOptions } from "./chromium.ts";
import { expect, type LivePage, test } from "./live.ts";

test.use({ launchOptions: launchOptions("silent") });

/** Wait until Gemini has every chunk from the microphone, over all connections. */
async function expectNothingLost(live: LivePage, sockets: number): Promise<void> {
  await live.page.evaluate(() => window.harness.talk.mute());
  // Silence follows, for Gemini to end the turn by.
  await expect
    .poll(async () => (await live.said()).at(-1))
    .toEqual({ realtimeInput: { audioStreamEnd: true } });
  let { captured, sent, repeated, lost } = await live.stats();
  await expect
    .poll(async () => {
      ({ captured, sent, repeated, lost } = await live.stats());
      return sent - captured;
    })
    .toBe(repeated);
  await live.page.evaluate(() => window.harness.talk.stop());
  const left = await live.journal("left", sockets);
  const frames = left.reduce((sum, entry) => sum + Number(entry.audio_frames), 0);
  expect(lost).toBe(0);
  expect(frames).toBe(sent);
}

test(
  "a connection is replaced before Gemini ends it, and no sample is lost",
  { tag: "@short" },
  async ({ live }) => {
    await live.gemini.set({ handle_interval_s: 0.2 });
    await live.start();
    await expect.poll(async () => (await live.stats()).sent).toBeGreaterThan(20);

    await live.gemini.fault({ on: "open", do: "go_away", time_left_s: 60 });

    const { detail } = await live.event("reconnected");
    expect(detail).toMatchObject({ planned: true, resumed: true });
    expect((await live.events("state")).map((event) => event.detail.state.name)).not.toContain(
      "reconnecting",
    );
    await expect.poll(async () => (await live.stats()).sent).toBeGreaterThan(80);
    expect(await live.requests()).toEqual(["POST /live-token"]);
    await expectNothingLost(live, 2);
  },
);

test("a connection that is cut is resumed with the same token", { tag: "@short" }, async ({ live }) => {
  await live.gemini.set({ handle_interval_s: 0.2 });
  await live.start();
  await live.page.evaluate(() => window.harness.talk.sendText("Remember the red door."));
  await live.event("transcript", ({ entry }) => entry.who === "model" && entry.final);
  await live.page.waitForTimeout(500); // a handle from after the turn; the journal has none

  await live.gemini.fault({ on: "open", do: "cut" });

  const { detail } = await live.event("reconnected");
  expect(detail).toMatchObject({ planned: false, resumed: true });
  await live.page.evaluate(() => window.harness.talk.sendText("Recap"));
  await live.event(
    "transcript",
    ({ entry }) => entry.who === "model" && entry.text.includes("red door"),
  );
  expect(await live.requests()).toEqual(["POST /live-token"]);
  expect((await live.stats()).lost).toBe(0);
});

test("a connection that is refused for a while is tried again, and nothing is lost", async ({
  live,
}) => {
  await live.gemini.set({ handle_interval_s: 0.2 });
  await live.start();
  await expect.poll(async () => (await live.stats()).sent).toBeGreaterThan(20);
  await live.page.waitForTimeout(300);
  await live.gemini.fault({ on: "socket", do: "refuse", times: 2 });

  await live.gemini.fault({
    on: "open",
    do: "close",
    code: 1011,
    reason: "Internal error encountered.",
  });

  const { detail } = await live.event("reconnected");
  expect(detail.resumed).toBe(true);
  const waits = (await live.events("reconnecting")).map((event) => event.detail.waitMs > 0);
  expect(waits).toEqual([false, true, true]);
  expect(live.written.join()).not.toContain("auth_tokens");
  const { lost, captured, sent, repeated } = await live.stats();
  expect(lost).toBe(0);
  expect(Math.abs(captured + repeated - sent)).toBeLessThan(3);
});

test("a token near its end is replaced by a new one, unnoticed", async ({ live }) => {
  await live.gemini.set({ handle_interval_s: 0.2 });
  await live.page.evaluate(() => {
    window.harness.alter = (path, answer) => {
      if (path !== "/live-token") return;
      const { serverTime } = answer.usage as { serverTime: string };
      answer.expiresAt = new Date(Date.parse(serverTime) + 5000).toISOString();
    };
  });
  await live.start();

  await live.event("tokenrefresh");
  const { detail } = await live.event("reconnected");

  expect(detail).toMatchObject({ planned: true, resumed: true });
  expect(await live.requests()).toEqual(["POST /live-token", "POST /live-token/refresh"]);
  const session = await live.page.evaluate(() => window.harness.talk.session);
  expect(session?.tokens).toBe(2);
  await expectNothingLost(live, 2);
});

test("an expired token is replaced, and the talk continues", async ({ live }) => {
  await live.gemini.set({ handle_interval_s: 0.2 });
  await live.start();
  await live.page.waitForTimeout(500);

  await live.gemini.advance(1801);

  const { detail } = await live.event("reconnected");
  expect(detail).toMatchObject({ planned: false, resumed: true });
  expect(await live.requests()).toEqual(["POST /live-token", "POST /live-token/refresh"]);
});

test("a device that slept too long for its session continues in a new one", async ({ live }) => {
  await live.open("hasty");
  await live.gemini.set({ handle_interval_s: 0.2 });
  await live.start();
  const before = await live.page.evaluate(() => window.harness.talk.session?.id);
  await live.event("bookmark", ({ bookmark }) => Boolean(bookmark?.handle));
  const expired = { status: 409, json: { code: "session-expired" } };
  await live.page.route("**/live-token/refresh", async (route) => route.fulfill(expired));

  await live.gemini.advance(2400);

  const { detail } = await live.event("reconnected");
  expect(detail).toMatchObject({ planned: false, resumed: true });
  const asked = ["POST /live-token", "POST /live-token/refresh", "POST /live-token"];
  expect(await live.requests()).toEqual(asked);
  expect(await live.page.evaluate(() => window.harness.talk.session?.id)).not.toBe(before);
});

test("a token of a minute is handed over before its end, and takes no slot", async ({ live }) => {
  test.setTimeout(120_000);
  await live.gemini.set({ handle_interval_s: 0.2 });
  await live.start({ wish: { durationMinutes: 1 } });

  await live.event("tokenrefresh", () => true, 65_000);
  const { detail } = await live.event("reconnected");

  expect(detail).toMatchObject({ planned: true, resumed: true });
  const { sessions } = await live.page.evaluate(() => window.harness.tokens.limits());
  expect(sessions.active).toBe(1);
});

test("when no new token is to be had, it says so and ends", async ({ live }) => {
  await live.gemini.set({ handle_interval_s: 0.2 });
  await live.start();
  await live.page.evaluate(async () => {
    const { talk, tokens } = window.harness;
    await tokens.endSession(talk.session?.id ?? "");
  });

  await live.gemini.advance(1801);

  const { detail } = await live.event("reconnectfailed");
  expect(detail.error).toMatchObject({ code: "session-ended" });
  await live.event("tokenexpired");
  await live.event("state", ({ state }) => state.name === "failed");
});

test("a handle that finds nothing begins a fresh session, which is told what was said", async ({
  live,
}) => {
  await live.gemini.set({ early_resume_refused: "never" });
  await live.start();
  await live.page.evaluate(() => window.harness.talk.sendText("Remember the red door."));
  await live.event("transcript", ({ entry }) => entry.who === "model" && entry.final);
  await live.page.waitForTimeout(300);
  await live.gemini.fault({
    on: "socket",
    do: "close",
    code: 1008,
    reason: "Requested entity was not found.",
    after_frames: 0,
  });

  await live.gemini.fault({ on: "open", do: "cut" });

  const { detail } = await live.event("reconnected");
  expect(detail.resumed).toBe(false);
  await live.page.evaluate(() => window.harness.talk.sendText("Recap"));
  await live.event("transcript", ({ entry }) => entry.text.includes("You said: Remember the red door."));
});

test("a model that takes no history is given it once", async ({ live }) => {
  await live.gemini.set({ early_resume_refused: "never" });
  await live.start({ muted: true });
  await live.page.evaluate(() => window.harness.talk.sendText("Remember the red door."));
  await live.event("transcript", ({ entry }) => entry.who === "model" && entry.final);
  await live.page.waitForTimeout(300);
  const end = { on: "socket", do: "close" };
  await live.gemini.fault({
    ...end,
    code: 1008,
    reason: "Requested entity was not found.",
    after_frames: 0,
  });
  await live.gemini.fault({
    ...end,
    code: 1007,
    reason: "Request contains an invalid argument.",
    after_s: 0.3,
  });

  await live.gemini.fault({ on: "open", do: "cut" });

  await expect.poll(async () => (await live.events("reconnected")).length).toBe(2);
  await live.page.evaluate(() => window.harness.talk.sendText("Hello again"));
  await live.event("transcript", ({ entry }) => entry.text.includes("You wrote: Hello again"));
  const histories = (await live.said()).filter((message) => "clientContent" in message);
  expect(histories.length).toBe(1);
});

test("what was written and not answered is answered by the next connection", async ({ live }) => {
  await live.gemini.set({ handle_interval_s: 0.2, first_audio_s: 5 });
  await live.start();
  await live.event("bookmark", ({ bookmark }) => Boolean(bookmark?.handle));
  await live.page.evaluate(() => window.harness.talk.sendText("How are you?"));
  await live.journal("message");

  await live.gemini.fault({ on: "open", do: "cut" });
  await live.gemini.set({ first_audio_s: 0.1 });

  await live.event("transcript", ({ entry }) => entry.text.includes("You wrote: How are you?"));
});

/** Start a long answer, and have Gemini end the connection after this long. */
async function leaveInTheMiddle(live: LivePage, endsAfterS: number): Promise<void> {
  // Two sockets beside each other, and handles of a moment: 2.5 and 3.1 have those.
  await live.gemini.set({ handle_interval_s: 0.2, pace: 1, one_socket: "never", one_handle: "never" });
  await live.start({ muted: true });
  await live.event("bookmark", ({ bookmark }) => Boolean(bookmark?.handle));
  await live.page.evaluate(() =>
    window.harness.talk.sendText("one two three four five six seven eight"),
  );
  await live.event("audio", ({ playing }) => playing);
  await live.gemini.fault({ on: "open", do: "go_away", time_left_s: endsAfterS });
  await live.event("reconnected", ({ planned }) => planned);
}

test("an answer that is not over when the connection is replaced is heard to its end", async ({
  live,
}) => {
  await leaveInTheMiddle(live, 4);

  const { detail } = await live.event("transcript", ({ entry }) => entry.who === "model" && entry.final);
  expect(detail.entry).toMatchObject({ interrupted: false });
  expect(detail.entry.text).toContain("eight");
  await live.journal("left");
  const turns = [{ role: "user" }, { role: "model" }];
  await expect
    .poll(async () => (await live.said()).at(-1))
    .toMatchObject({ clientContent: { turns, turnComplete: false } });
});

test("an answer whose connection ends before it does is shown as broken off", async ({ live }) => {
  await leaveInTheMiddle(live, 1);

  const { detail } = await live.event("transcript", ({ entry }) => entry.who === "model" && entry.final);
  expect(detail.entry).toMatchObject({ interrupted: true });
  expect(detail.entry.text).not.toContain("eight");
});
