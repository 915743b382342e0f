import { defineConfig } from "vite";

/**
 * One build for a bare bucket, a custom domain and localhost: every address is relative, and
 * workers and worklets are hashed files of their own, since a strict CSP has no blob: or data:.
 */
export default defineConfig({
  base: "./",
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: { output: { comments: { annotation: false, legal: true } } },
  },
  worker: { format: "es", rolldownOptions: { output: { comments: { annotation: false } } } },
});
