import { mergeConfig, type UserConfig } from "vite";

/**
 * One build for a bare bucket, a custom domain and localhost: every address is relative, and workers and
 * worklets are hashed files, because a strict CSP allows neither blob: nor data:.
 */
export const shared: UserConfig = {
  base: "./",
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: { output: { comments: { annotation: false, legal: true } } },
  },
  worker: { format: "es", rolldownOptions: { output: { comments: { annotation: false } } } },
};

/** The page where people talk, and the admin dashboard. */
export default mergeConfig(shared, {
  build: { rolldownOptions: { input: ["index.html", "admin.html"] } },
});
