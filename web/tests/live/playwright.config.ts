import { defineConfig } from "@playwright/test";
import { IN_FIREFOX } from "../browsers/firefox.ts";

/** One at a time, because sound is rendered in real time, and two cores are soon busy. */
export default defineConfig({
  testDir: ".",
  testMatch: "*.spec.ts",
  globalSetup: "./setup.ts",
  outputDir: "dist/results",
  use: { browserName: IN_FIREFOX ? "firefox" : "chromium" },
  workers: 1,
  timeout: 120_000,
  forbidOnly: true,
  reporter: [["list"]],
  expect: { timeout: 30_000 },
});
