/** Five stories in WebKit: `npm run test:webkit`. The others run in Chromium and Firefox. */
import { defineConfig } from "@playwright/test";

import { needed } from "../ui/browser.ts";
import { missingForWebKit } from "./webkit.ts";

needed(missingForWebKit(), "webkit2gtk-driver xvfb dbus");

export default defineConfig({
  testMatch: "webkit.spec.ts",
  workers: 1,
  forbidOnly: true,
  timeout: 120_000,
  expect: { timeout: 30_000 },
  reporter: [["list"]],
  outputDir: "./dist/results",
});
