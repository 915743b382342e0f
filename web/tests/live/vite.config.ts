import { resolve } from "node:path";
import { mergeConfig } from "vite";
import { shared } from "../../vite.config.ts";

const HARNESS = resolve(import.meta.dirname, "harness");

/** The headless client on an empty page, and a small app, built like the real one. */
export default mergeConfig(shared, {
  root: HARNESS,
  publicDir: false,
  logLevel: "warn",
  build: {
    outDir: resolve(import.meta.dirname, "dist"),
    emptyOutDir: true,
    manifest: true,
    rolldownOptions: { input: ["index.html", "app.html"].map((page) => resolve(HARNESS, page)) },
  },
});
