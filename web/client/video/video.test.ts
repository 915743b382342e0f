import { expect, test } from "vitest";
import * as part from "./sources.ts";
import { Video } from "./video.ts";

const nothing = (): void => {};

test("a part that cannot be loaded is a failure of the network, and is asked for again", async () => {
  const answers = [Promise.reject(new TypeError("Failed to fetch")), Promise.resolve(part)];
  const video = new Video(nothing, async () => answers.shift() ?? part);

  const first = await video.sources().catch((error: unknown) => error);
  const second = await video.sources();

  expect(first).toMatchObject({ code: "network", retryable: true });
  expect(second).toBeInstanceOf(part.VideoSources);
});

test("a camera that was asked for before the talk ended is not opened once its part is there", async () => {
  const video = new Video(nothing, async () => part);

  const asked = video.sources();
  video.stop();

  await expect(asked).rejects.toMatchObject({ code: "aborted" });
});

test("nothing is on before anything was loaded", async () => {
  const video = new Video(nothing);

  video.stop("camera");

  expect([video.source, await video.frame()]).toEqual(["none", null]);
});
