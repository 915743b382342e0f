import { defineConfig } from "@playwright/test";
import config from "./playwright.config.ts";

export default defineConfig({ ...config, testMatch: "*.bench.ts", timeout: 180_000 });
