import { mergeConfig, type UserConfig } from "vite";

import manifest from "./package.json" with { type: "json" };

/** The oldest browsers that this is for, as "safari17.5"; tests/floor checks that what is built works there. */
export const target = manifest.browserslist.map((line) =>
  line.replace(" >= ", "").replace("ios_saf", "ios"),
);

/**
 * One build for a bare bucket, a custom domain and localhost: every address is relative, and workers and
 * worklets are hashed files, because a strict CSP allows neither blob: nor data:.
 */
export const shared: UserConfig = {
  base: "./",
  build: {
    target,
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
