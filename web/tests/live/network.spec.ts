import { launchOptions } from "./chromium.ts";
import { expect, type LivePage, test as livePage } from "./live.ts";
import { Relay } from "./relay.ts";

const test = livePage.extend<{ network: Relay }>({
  network: async ({ live }, use) => {
    const network = await Relay.start(live.gemini.url);
    await live.page.evaluate((port) => {
      window.harness.alter = (_path, answer) => {
        const connect = answer.connect as { url: string } | undefined;
        if (connect !== undefined) connect.url = connect.url.replace(/:\d+/, `:${port}`);
      };
    }, network.port);
    await use(network);
    await network.stop();
  },
});

test.use({ launchOptions: launchOptions("silent") });

/** More than the operating systems on both sides buffer, about 10 MB: noise stays large as JPEG. */
const PICTURES = 25;

async function fill(live: LivePage): Promise<void> {
  await live.page.evaluate(async (count) => {
    const canvas = new OffscreenCanvas(768, 768);
    const noise = Uint8ClampedArray.from({ length: 4 * 768 * 768 }, () => Math.random() * 256);
    canvas.getContext("2d")?.putImageData(new ImageData(noise, 768), 0, 0);
    const image = await canvas.convertToBlob();
    for (let n = 0; n < count; n++) await window.harness.talk.sendImage(image);
  }, PICTURES);
}

test("while the network does not keep up, no picture of the camera waits for it", async ({
  live,
  network,
}) => {
  // The pulse is what Gemini says unasked: here it is the handles that come all the time.
  await live.gemini.set({ one_handle: "never" });
  await live.start({ muted: true });
  await live.page.evaluate(() => window.harness.talk.startCamera());
  await expect.poll(async () => (await live.stats()).frames).toBeGreaterThan(2);

  network.stallUpwards();
  const { frames: before } = await live.stats();
  await fill(live);
  const all = expect.poll(async () => (await live.stats()).frames);
  await all.toBeGreaterThanOrEqual(before + PICTURES);
  await live.page.waitForTimeout(1500); // what was in flight then
  const { frames } = await live.stats();
  await live.page.waitForTimeout(2500);

  expect((await live.stats()).frames).toBeLessThanOrEqual(frames);
  network.flow();
  await expect.poll(async () => (await live.stats()).frames).toBeGreaterThan(frames + 1);
  expect(await live.events("reconnecting")).toEqual([]);
});

test("a network that is gone without a word is noticed, and another one taken", async ({
  live,
  network,
}) => {
  // Behind a network that is gone, Gemini keeps the old socket for longer than this test has.
  await live.gemini.set({ one_socket: "never" });
  await live.start();
  await live.event("bookmark", ({ bookmark }) => Boolean(bookmark?.handle));

  network.stall();
  await fill(live);

  const { detail } = await live.event("reconnected");
  expect(detail).toMatchObject({ planned: false, resumed: true });
  const lost = await live.event("wire", ({ what }) => what === "lost");
  expect(lost.detail.detail).toMatchObject({ reason: "the network is gone" });
  const { sent } = await live.stats();
  await expect.poll(async () => (await live.stats()).sent).toBeGreaterThan(sent + 20);
});
