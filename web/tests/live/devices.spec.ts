import { IN_FIREFOX, ONE_CAMERA } from "../browsers/firefox.ts";
import { launchOptions } from "./chromium.ts";
import { expect, test } from "./live.ts";

test.use({ launchOptions: launchOptions("silent") });

test("the camera is turned around", async ({ live }) => {
  test.skip(IN_FIREFOX, ONE_CAMERA);
  await live.start({ muted: true });

  const used = await live.page.evaluate(async () => {
    const { talk } = window.harness;
    const tracks = [await talk.startCamera(), await talk.switchCamera(), await talk.switchCamera()];
    const last = tracks.map((stream) => stream.getVideoTracks()[0]);
    return last.map((track) => [track?.getSettings().deviceId, track?.readyState]);
  });

  const [[first], [second], [third]] = used as [[string], [string], [string]];
  expect([first === second, first === third]).toEqual([false, true]);
  expect(used.map(([, state]) => state)).toEqual(["ended", "ended", "live"]);
  const sources = (await live.events("video")).map(({ detail }) => detail.source);
  expect(sources).toEqual(["camera", "camera", "camera"]);
});

test("a camera that cannot be had leaves the one that was there", async ({ live }) => {
  await live.start({ muted: true });

  const outcome = await live.page.evaluate(async () => {
    const { talk } = window.harness;
    const before = (await talk.startCamera()).getVideoTracks()[0]?.getSettings().deviceId;
    const { mediaDevices } = navigator;
    const get = mediaDevices.getUserMedia.bind(mediaDevices);
    mediaDevices.getUserMedia = async () => {
      mediaDevices.getUserMedia = get;
      throw new DOMException("in use", "NotReadableError");
    };
    const refused = await talk.switchCamera().catch((error) => error.code as string);
    return { refused, before };
  });

  expect(outcome.refused).toBe("camera-in-use");
  const { frames } = await live.stats();
  await expect.poll(async () => (await live.stats()).frames).toBeGreaterThan(frames + 1);
});

test("the page hears of devices that come and go", async ({ live }) => {
  await live.start();
  // Cameras have names only once one has been allowed (Media Capture and Streams, 9.2.1).
  await live.page.evaluate(() => window.harness.talk.startCamera());
  const before = (await live.events("devices")).length;

  // Fake devices cannot be unplugged, so the test sends the event that a browser would.
  await live.page.evaluate(() => navigator.mediaDevices.dispatchEvent(new Event("devicechange")));

  await expect.poll(async () => (await live.events("devices")).length).toBe(before + 1);
  const devices = (await live.events("devices")).at(-1)?.detail;
  const labels = devices?.cameras.map(({ label }) => label) ?? [];
  expect(labels.length).toBe(IN_FIREFOX ? 1 : 2);
  expect(labels).not.toContain("");
  expect(devices?.microphone).not.toBeNull();
});
