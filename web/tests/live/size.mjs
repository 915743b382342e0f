/**
 * Measures the live part, gzip -9: client, worker and worklets. Fails above 17,000 bytes, about a
 * quarter of Google's SDK. Printed apart are the calls of our API, and the errors they share with the
 * client, because a page can load them first, to show what is on offer; and what is loaded once a talk is
 * live, with Vite's loader, of which a page needs only one.
 */

import { resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "vite";

const LIMIT = 17_000;
const root = resolve(import.meta.dirname, "../..");

const PARTS = ["client/api/token-source.ts", "client/talk.ts"].map((path) => resolve(root, path));

const { output } = await build({
  root,
  configFile: resolve(root, "vite.config.ts"),
  publicDir: false,
  logLevel: "warn",
  build: {
    write: false,
    modulePreload: false,
    rolldownOptions: {
      preserveEntrySignatures: "allow-extension",
      output: { codeSplitting: { groups: [{ name: "loader", test: /preload-helper/ }] } },
    },
  },
  // Instead of the pages, not in addition.
  plugins: [
    {
      name: "parts",
      config: (config) => {
        config.build.rolldownOptions.input = PARTS;
      },
    },
  ],
});
const calls = output.find(({ name }) => name === "token-source");
const later = output.filter(({ name, isDynamicEntry }) => isDynamicEntry || name === "loader");
const apart = new Set([calls, ...later].flatMap(({ fileName, imports }) => [fileName, ...imports]));
// What is loaded later may use what is there from the start.
apart.delete(output.find(({ name }) => name === "talk").fileName);

let total = 0;
for (const file of output) {
  const size = gzipSync("code" in file ? file.code : file.source, { level: 9 }).length;
  const name = file.fileName.replace(/^assets\/|-[\w-]{8}(?=\.js$)/g, "");
  const counts = !apart.has(file.fileName);
  if (counts) total += size;
  console.log(`${String(size).padStart(7)}  ${name}${counts ? "" : " (apart)"}`);
}
console.log(`${String(total).padStart(7)}  in all, of ${LIMIT}`);
if (total > LIMIT) {
  console.error(`The live part is ${total - LIMIT} bytes too big.`);
  process.exit(1);
}
