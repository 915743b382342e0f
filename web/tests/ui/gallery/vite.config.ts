/** The gallery is a separate site, so that none of it is in the real one. */
import { defineConfig } from "vite";

import { target } from "../../../vite.config.ts";

export default defineConfig({
  root: import.meta.dirname,
  publicDir: "../../../public",
  base: "./",
  build: {
    target,
    outDir: "dist",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
