/** The page as `make run` serves it, with the functions and the emulated Gemini: `npm run test:story`. */
import { join } from "node:path";

import { defineConfig } from "@playwright/test";

import { CHROMIUM, common, freePort, needChromium, ownFolder } from "./browser.ts";
import { recording } from "./speech.ts";

needChromium();
const port = freePort("LIVEPASS_STORY_PORT", 26_000);
const root = join(import.meta.dirname, "../../..");
const folder = ownFolder("LIVEPASS_STORY_FOLDER");
const voice = recording(folder);

export default defineConfig(common, {
  testMatch: "*.story.ts",
  use: {
    baseURL: `http://127.0.0.1:${port}`,
    viewport: { width: 1280, height: 800 },
    launchOptions: {
      executablePath: CHROMIUM,
      args: [
        "--no-sandbox",
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        `--use-file-for-fake-audio-capture=${voice}`,
      ],
    },
  },
  webServer: {
    command: `exec .venv/bin/python -m emulator.run --port ${port}`,
    url: `http://127.0.0.1:${port}/index.html`,
    cwd: root,
    env: {
      PYTHONPATH: "functions:tests",
      LIVE_API_LEDGER: `sqlite:///${folder}/story.sqlite3`,
      GEMINI_API_KEY: "",
    },
    gracefulShutdown: { signal: "SIGINT", timeout: 5000 },
    stdout: "ignore",
    stderr: "ignore",
  },
});
