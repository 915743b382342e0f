/** Checks of every state of the page, drawn without a talk: `npm run test:states`, and its pictures. */
import { defineConfig } from "@playwright/test";

import { common, freePort, needChromium } from "./browser.ts";

needChromium();
const port = freePort("LIVEPASS_GALLERY_PORT", 21_000);
const vite = "node ../../node_modules/vite/bin/vite.js";

export default defineConfig(common, {
  testMatch: process.env["PICTURES"] === undefined ? "states.spec.ts" : "pictures.spec.ts",
  workers: 2,
  fullyParallel: true,
  use: { baseURL: `http://127.0.0.1:${port}` },
  webServer: {
    command: `${vite} build -c gallery/vite.config.ts --logLevel error && ${vite} preview -c gallery/vite.config.ts --host 127.0.0.1 --port ${port} --strictPort --logLevel error`,
    url: `http://127.0.0.1:${port}/`,
    cwd: import.meta.dirname,
    gracefulShutdown: { signal: "SIGTERM", timeout: 2000 },
  },
});
