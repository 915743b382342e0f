import { launchOptions } from "./chromium.ts";
import { expect, test } from "./live.ts";

test.use({ launchOptions: launchOptions("silent") });

test("sound is unlocked by the tap", async ({ live }) => {
  await live.start();

  expect(await live.page.evaluate(() => window.harness.talk.audio?.context.state)).toBe("running");
});

test("a microphone that is unplugged is replaced by what there is", async ({ live }) => {
  await live.start();

  await live.page.evaluate(() => {
    const source = window.harness.talk.audio?.microphone as MediaStreamAudioSourceNode;
    const [track] = source.mediaStream.getAudioTracks();
    track?.stop();
    track?.dispatchEvent(new Event("ended")); // as the browser does when the device is gone
  });

  await expect.poll(async () => (await live.events("devices")).length).toBeGreaterThan(1);
  const { sent } = await live.stats();
  await expect.poll(async () => (await live.stats()).sent).toBeGreaterThan(sent + 20);
});

test("a microphone that is remembered and gone is replaced by the system's", async ({ live }) => {
  await live.start({ microphone: "gone" });

  expect((await live.event("error")).detail.error).toMatchObject({ code: "microphone-unavailable" });
  await expect.poll(async () => (await live.stats()).sent).toBeGreaterThan(20);
});

test("another speaker can be chosen", async ({ live }) => {
  await live.start();
  const { speakers } = await live.page.evaluate(() => window.harness.talk.devices());
  const other = speakers.find(({ id }) => id !== "default");

  await live.page.evaluate((id) => window.harness.talk.setSpeaker(id), other?.id ?? "");

  await live.event("devices", ({ speaker }) => speaker === other?.id);
});

test("a speaker that is gone is replaced by the system's", async ({ live }) => {
  await live.start({ speaker: "gone" });

  expect((await live.event("error")).detail.error).toMatchObject({ code: "speaker-unavailable" });
  const { speaker } = await live.page.evaluate(() => window.harness.talk.devices());
  expect(speaker).toBe("");
  await expect.poll(async () => (await live.stats()).sent).toBeGreaterThan(10);
});

test("a start can be given up, and leaves nothing open", async ({ live }) => {
  await live.gemini.set({ mint_latency_s: 2 });
  await live.tap();
  await live.event("state", ({ state }) => state.name === "authorizing");

  await live.page.evaluate(() => window.harness.talk.stop());

  await live.event("state", ({ state }) => state.name === "closed");
  expect(await live.page.evaluate(() => window.harness.talk.audio)).toBeNull();
  expect(await live.gemini.journal("message")).toEqual([]);
});

test("one talk after the other, with the same worker and without a trace of the last", async ({
  live,
}) => {
  await live.open("hasty");

  for (const turn of [1, 2, 3]) {
    await live.tap();
    await expect.poll(async () => (await live.events("open")).length).toBe(turn);
    await expect.poll(async () => (await live.stats()).sent).toBeGreaterThan(10);
    await live.page.evaluate((n) => window.harness.talk.sendText(`Number ${n}`), turn);
    await live.event("transcript", ({ entry }) => entry.text.includes(`wrote: Number ${turn}`));
    const transcript = await live.page.evaluate(() => window.harness.talk.transcript);
    expect(transcript.length).toBe(2);
    await live.page.evaluate(() => window.harness.talk.stop());
    await expect.poll(async () => (await live.events("close")).length).toBe(turn);
  }

  await live.journal("left", 3);
  const lost = (await live.events("wire")).filter(({ detail }) => detail.what === "lost");
  expect(lost).toEqual([]);
});

test("the screen stays on while one talks, and no longer", async ({ live }) => {
  await live.page.evaluate(() => {
    const { wakeLock } = navigator;
    const request = wakeLock.request.bind(wakeLock);
    wakeLock.request = async () => {
      const lock = await request("screen");
      window.harness.requests.push("screen held");
      lock.addEventListener("release", () => window.harness.requests.push("screen released"));
      return lock;
    };
  });

  await live.start();
  await expect.poll(async () => live.requests()).toContain("screen held");
  await live.page.evaluate(() => window.harness.talk.stop());

  await expect.poll(async () => live.requests()).toContain("screen released");
});
