/**
 * What the live part weighs, gzip -9: client, worker and worklets. Fails above 15 KB (15,000
 * bytes), which is a fifth of Google's SDK. The calls of our API are printed apart: a page has
 * them from its start, to show what is on offer and what is left.
 */

import { resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "vite";

const LIMIT = 15_000;
const root = resolve(import.meta.dirname, "../..");

/** Name and size of every file that an entry needs. */
async function weigh(entry) {
  const { output } = await build({
    root,
    configFile: resolve(root, "vite.config.ts"),
    publicDir: false,
    logLevel: "warn",
    build: {
      write: false,
      rolldownOptions: { input: resolve(root, entry), preserveEntrySignatures: "strict" },
    },
  });
  return output.map((file) => ({
    name: file.fileName.replace(/^assets\/|-[\w-]{8}(?=\.js$)/g, ""),
    size: gzipSync("code" in file ? file.code : file.source, { level: 9 }).length,
  }));
}

function print(what, size) {
  console.log(`${String(size).padStart(7)}  ${what}`);
}

const [calls] = await weigh("src/live/token-source.ts");
print(`${calls.name} (apart)`, calls.size);
const files = await weigh("src/live/talk.ts");
for (const { name, size } of files) print(name, size);
const total = files.reduce((sum, { size }) => sum + size, 0);
print(`in all, of ${LIMIT}`, total);
if (total > LIMIT) {
  console.error(`The live part is ${total - LIMIT} bytes too big.`);
  process.exit(1);
}
