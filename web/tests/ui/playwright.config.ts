/**
 * The page in a browser: `npm run test:page`. Stories, on the page as `make run` serves it
 * (`test:story`), and every state of it, drawn without a talk (`test:states`, and `pictures` to look
 * at).
 */
import { defineConfig, type PlaywrightTestConfig } from "@playwright/test";

import { firefox, IN_FIREFOX } from "../browsers/firefox.ts";
import { CHROMIUM, freePort, needBrowser, ownFolder } from "./browser.ts";
import { recording } from "./speech.ts";

needBrowser();
const port = freePort("LIVEPASS_GALLERY_PORT", 21_000);
const voice = recording(ownFolder("LIVEPASS_STORY_FOLDER"));
const vite = "node ../../node_modules/vite/bin/vite.js";
const pictures = process.env["PICTURES"] !== undefined;

const chromiumStories: NonNullable<PlaywrightTestConfig["use"]> = {
  browserName: "chromium",
  launchOptions: {
    executablePath: CHROMIUM,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--use-fake-ui-for-media-stream",
      "--use-fake-device-for-media-stream=device-count=2",
      `--use-file-for-fake-audio-capture=${voice}`,
    ],
  },
};
const firefoxStories: NonNullable<PlaywrightTestConfig["use"]> = {
  browserName: "firefox",
  launchOptions: firefox(voice, { reducedMotion: true }),
};

export default defineConfig({
  // Most of a story is waiting for voices, which take their time.
  workers: 3,
  fullyParallel: true,
  retries: 0,
  forbidOnly: true,
  timeout: 240_000, // three suites run beside it
  expect: { timeout: 30_000 },
  reporter: [["list"]],
  outputDir: "./results",
  use: { browserName: "chromium", viewport: { width: 1280, height: 800 }, trace: "off" },
  projects: [
    {
      name: "story",
      testMatch: pictures ? [] : "*.story.ts",
      use: {
        // Animation is half the work of a browser without a graphics card; motion has a story of its
        // own.
        contextOptions: { reducedMotion: "reduce" },
        ...(IN_FIREFOX ? firefoxStories : chromiumStories),
      },
    },
    {
      name: "states",
      testMatch: pictures ? "pictures.spec.ts" : "states.spec.ts",
      use: {
        baseURL: `http://127.0.0.1:${port}`,
        launchOptions: { executablePath: CHROMIUM, args: ["--no-sandbox"] },
      },
    },
  ],
  webServer: {
    command: `${vite} build -c gallery/vite.config.ts --logLevel error && ${vite} preview -c gallery/vite.config.ts --host 127.0.0.1 --port ${port} --strictPort --logLevel error`,
    url: `http://127.0.0.1:${port}/`,
    cwd: import.meta.dirname,
    gracefulShutdown: { signal: "SIGTERM", timeout: 2000 },
  },
});
