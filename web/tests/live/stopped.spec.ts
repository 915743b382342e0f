/** Sound that stops by itself. Chromium stops none, so the tests do what a phone call does in Safari. */
import { IN_FIREFOX } from "../browsers/firefox.ts";
import { launchOptions } from "./chromium.ts";
import { expect, type LivePage, test } from "./live.ts";

test.use({ launchOptions: launchOptions("beeps") });

async function trouble(live: LivePage): Promise<string | null> {
  return live.page.evaluate(() => {
    const { state } = window.harness.talk;
    return "trouble" in state ? state.trouble : null;
  });
}

async function sends(live: LivePage): Promise<void> {
  const { sent } = await live.stats();
  await expect.poll(async () => (await live.stats()).sent).toBeGreaterThan(sent + 20);
}

test("a context that the system suspends goes on by itself @short", async ({ live }) => {
  await live.start();

  await live.page.evaluate(() => window.harness.talk.audio?.context.suspend());

  await sends(live);
  expect(await trouble(live)).toBeNull();
});

test("one that may not go on is told, and goes on with a tap @short", async ({ live }) => {
  await live.start();

  await live.page.evaluate(async () => {
    const context = window.harness.talk.audio?.context;
    if (context === undefined) return;
    const resume = context.resume.bind(context);
    // As iOS does while interrupted (WebAudio/web-audio-api#2392), until someone taps.
    context.resume = async () => {
      if (!navigator.userActivation.isActive) throw new DOMException("", "InvalidStateError");
      return resume();
    };
    await new Promise((over) => setTimeout(over, 6000)); // the tap that started the talk is over
    await context.suspend();
  });
  await expect.poll(() => trouble(live)).toBe("sound-stopped");
  await live.page.mouse.click(5, 5);

  await sends(live);
  await expect.poll(() => trouble(live)).toBeNull();
  expect(live.console.filter((line) => line.includes("InvalidState"))).toEqual([]);
});

test("a microphone that the system mutes is told, and that it is not any more", async ({ live }) => {
  await live.start();
  const mute = (muted: boolean) =>
    live.page.evaluate((value) => {
      const source = window.harness.talk.audio?.microphone as MediaStreamAudioSourceNode;
      const [track] = source.mediaStream.getAudioTracks();
      if (track === undefined) return;
      Object.defineProperty(track, "muted", { value, configurable: true });
      track.dispatchEvent(new Event(value ? "mute" : "unmute"));
    }, muted);

  await mute(true);
  await expect.poll(() => trouble(live)).toBe("microphone-muted");
  await mute(false);
  await expect.poll(() => trouble(live)).toBeNull();
});

test("a talk that started without a tap waits for one", async ({ live, context }) => {
  test.skip(
    IN_FIREFOX,
    "Firefox lets a page that has the microphone play sound (https://developer.mozilla.org/en-US/docs/Web/Media/Guides/Autoplay)",
  );
  // Playwright evaluates as if someone had tapped, so the page of this test is only listened to.
  const page = await context.newPage();
  const told: string[] = [];
  page.on("console", (message) => told.push(message.text()));
  await page.addInitScript(() => {
    const waiting = setInterval(() => {
      if (document.body?.dataset.ready === undefined) return;
      clearInterval(waiting);
      const { talk } = window.harness;
      talk.on("state", ({ detail: { state } }) => {
        // oxlint-disable-next-line no-console -- asking the page would count as a gesture
        if ("trouble" in state) console.log(`trouble ${state.trouble}`);
      });
      void talk.start();
    }, 50);
  });
  await page.goto(live.page.url().replace(/user=\w+/, "user=waits"));
  await expect.poll(() => told).toContain("trouble autoplay-blocked");

  await page.mouse.click(5, 5);

  await expect.poll(() => told.at(-1)).toBe("trouble null");
  await page.close();
});
