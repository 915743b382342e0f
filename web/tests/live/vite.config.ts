import { resolve } from "node:path";
import { mergeConfig } from "vite";
import { shared } from "../../vite.config.ts";

/** The headless client on an empty page, built like the real one. */
export default mergeConfig(shared, {
  root: resolve(import.meta.dirname, "harness"),
  publicDir: false,
  logLevel: "warn",
  build: { outDir: resolve(import.meta.dirname, "dist"), emptyOutDir: true, manifest: true },
});
