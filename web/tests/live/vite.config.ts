import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { mergeConfig, type Plugin } from "vite";
import { shared } from "../../vite.config.ts";

const HARNESS = resolve(import.meta.dirname, "harness");
const CLIENT = resolve(import.meta.dirname, "../../client");
const README = resolve(import.meta.dirname, "../../../README.md");
const APP = resolve(HARNESS, "app.ts");

/** README's app for a page as it stands there, after what a deployment decides: addresses and sign-in. */
const readmeApp: Plugin = {
  name: "readme-app",
  enforce: "pre",
  resolveId(id, importer) {
    if (id === "./app.ts") return APP;
    if (importer === APP) return resolve(CLIENT, "..", id);
    return undefined;
  },
  load(id) {
    if (id !== APP) return undefined;
    const blocks = readFileSync(README, "utf8").matchAll(/^```ts\n(?<code>.*?)^```$/gms);
    const apps = [...blocks].filter(({ groups }) => groups?.["code"]?.includes("LiveTalk.create"));
    const code = apps.length === 1 ? apps[0]?.groups?.["code"] : undefined;
    if (code === undefined) throw new Error("README.md has no app for a page, or several");
    return `import { baseUrl, idToken } from "./client/../tests/live/harness/sign-in.ts";\n${code}`;
  },
};

/** The headless client on an empty page, and a small app, built like the real one. */
export default mergeConfig(shared, {
  root: HARNESS,
  publicDir: false,
  logLevel: "warn",
  plugins: [readmeApp],
  build: {
    outDir: resolve(import.meta.dirname, "dist"),
    emptyOutDir: true,
    manifest: true,
    rolldownOptions: { input: ["index.html", "app.html"].map((page) => resolve(HARNESS, page)) },
  },
});
