import { afterEach, describe, expect, test, vi } from "vitest";

import { VideoSources } from "../video/sources.ts";
import { open, openMicrophone } from "./microphone.ts";

type Kind = Parameters<typeof open>[0];

afterEach(() => vi.unstubAllGlobals());

/** Opens a device that the browser refuses with this. */
async function refused(kind: Kind, name: string, message = ""): Promise<unknown> {
  const refuse = async () => {
    throw new DOMException(message, name);
  };
  vi.stubGlobal("isSecureContext", true);
  vi.stubGlobal("navigator", {});
  return open(kind, refuse).catch(({ code }) => code as unknown);
}

describe("a refusal", () => {
  test.each<[Kind, string, string, string]>([
    ["microphone", "NotAllowedError", "Permission denied", "microphone-denied"],
    ["microphone", "NotAllowedError", "Permission denied by system", "microphone-denied-by-system"],
    ["microphone", "NotReadableError", "Could not start audio source", "microphone-in-use"],
    ["microphone", "NotFoundError", "Requested device not found", "microphone-missing"],
    ["microphone", "OverconstrainedError", "", "microphone-unavailable"],
    ["camera", "NotAllowedError", "Permission denied by system", "camera-denied-by-system"],
    ["camera", "OverconstrainedError", "", "camera-unavailable"],
    ["screen", "NotAllowedError", "Permission denied by user", "screen-denied"],
    ["screen", "NotAllowedError", "Permission denied by system", "screen-denied-by-system"],
    // Screen Capture, 5.1: the system prevents it, or has nothing to offer.
    ["screen", "NotReadableError", "Could not start video source", "screen-denied-by-system"],
    ["screen", "NotFoundError", "", "screen-denied-by-system"],
  ])("of a %s with %s, %o, is %s", async (kind, name, message, code) => {
    expect(await refused(kind, name, message)).toBe(code);
  });

  test("of a browser without screens is that it cannot", async () => {
    vi.stubGlobal("isSecureContext", true);
    vi.stubGlobal("navigator", { mediaDevices: {} });

    const asked = new VideoSources(() => {}).startScreen();

    await expect(asked).rejects.toMatchObject({ code: "unsupported" });
  });

  test("that is no Error is understood, too", async () => {
    const getUserMedia = async () => Promise.reject({ name: "OverconstrainedError" });
    vi.stubGlobal("isSecureContext", true);
    vi.stubGlobal("navigator", { mediaDevices: { getUserMedia } });

    await expect(openMicrophone("gone")).rejects.toMatchObject({ code: "microphone-unavailable" });
  });
});
