/**
 * Debian's Firefox, by WebDriver BiDi. Playwright's own channel for it works in 1.64: 1.65.1 asks for
 * `emulation.setMediaFeaturesOverride`, which Firefox 153 does not know.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";

import type { LaunchOptions } from "@playwright/test";

/** What the stories and the live suite run in: `LIVEPASS_BROWSER=firefox`, or else Chromium. */
export const IN_FIREFOX = process.env["LIVEPASS_BROWSER"] === "firefox";
/** Why what needs two cameras is skipped: Firefox's own fake is one. */
export const ONE_CAMERA =
  "Firefox has one fake camera (https://github.com/mozilla/gecko-dev/blob/master/dom/media/webrtc/MediaEngineFake.cpp)";
const FIREFOX =
  process.env["FIREFOX"] ??
  ["/usr/bin/firefox-esr", "/usr/bin/firefox"].find((path) => existsSync(path)) ??
  "/usr/bin/firefox-esr";
const NEEDED = [FIREFOX, "/usr/bin/pulseaudio", "/usr/bin/pactl", "/usr/bin/Xvfb"];

/** Why what prefers motion, light or dark by turns is skipped. */
export const NO_EMULATED_MEDIA =
  "Playwright's emulateMedia does nothing in Firefox (BiDi: emulation.setMediaFeaturesOverride)";
export const NO_BODIES =
  "Playwright tells no request's body in Firefox (playwright-core 1.64, bidiNetworkManager.ts: postDataBuffer)";
export const NO_MODULE_AGAIN =
  "Firefox 153 loads no module again that failed (https://github.com/whatwg/html/issues/6768)";
export const SINGLE_CLICKS =
  "Playwright's double click is two single ones in Firefox: both have a detail of 1";
export const ONE_MICROPHONE =
  "Firefox fakes a camera only beside a single microphone (dom/media/MediaManager.cpp, media.audio_loopback_dev)";

/**
 * Whether Firefox itself wrote this to the console: it names the address of a socket that failed, with
 * the token in it (SECURITY.md, T34), and no page can prevent that.
 */
export function isFirefoxsOwn(line: string): boolean {
  return /^(Firefox can’t establish a connection to the server at|The connection to) ws/.test(line);
}

export function missingForFirefox(): string[] {
  return NEEDED.filter((path) => !existsSync(path));
}

export interface Wishes {
  /** Whether the microphone is allowed without asking, or blocked. */
  readonly allow?: boolean;
  /** Two microphones and no camera: Firefox fakes a camera only beside a single microphone. */
  readonly twoMicrophones?: boolean;
  /** A preference, because Playwright's emulateMedia does nothing here. */
  readonly reducedMotion?: boolean;
}

export function firefox(
  recording: string,
  { allow = true, twoMicrophones = false, reducedMotion = false }: Wishes = {},
): LaunchOptions {
  return {
    channel: "moz-firefox",
    executablePath: join(import.meta.dirname, "firefox.sh"),
    // A screen can be shared only where there is one.
    headless: false,
    env: { ...defined(process.env), FIREFOX, LIVEPASS_RECORDING: recording },
    firefoxUserPrefs: {
      "media.navigator.permission.disabled": allow,
      ...(allow ? {} : { "permissions.default.microphone": 2 }),
      // A fake camera, and the one real microphone with this name.
      ...(twoMicrophones
        ? {}
        : { "media.navigator.streams.fake": true, "media.audio_loopback_dev": "Microphone" }),
      "ui.prefersReducedMotion": reducedMotion ? 1 : 0,
      "app.normandy.enabled": false,
      "messaging-system.rsexperimentloader.enabled": false,
    },
  };
}

function defined(environment: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
