/**
 * Measures what a first visit fetches at once: the scripts that index.html names, everything they import
 * statically, and styles, gzipped as a bucket would serve them. Prints each, and fails above the budget.
 * `npm run budget`
 */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";

const BUDGET = { js: 14_053, css: 6_000 };
const dist = join(import.meta.dirname, "../../dist");
const page = readFileSync(join(dist, "index.html"), "utf8");

function closure(path, seen = new Set()) {
  if (seen.has(path)) return seen;
  seen.add(path);
  const code = readFileSync(path, "utf8");
  for (const [, from] of code.matchAll(/(?:import|from)\s*["'](\.[^"']+)["']/g))
    closure(join(dirname(path), from), seen);
  return seen;
}

function named(pattern) {
  return [...page.matchAll(pattern)].map(([, path]) => join(dist, path));
}

const scripts = new Set(
  named(/<(?:script|link rel="modulepreload")[^>]+(?:src|href)="(\.[^"]+\.js)"/g).flatMap((path) => [
    ...closure(path),
  ]),
);
const styles = named(/<link[^>]+href="(\.[^"]+\.css)"/g);
let good = true;
for (const [kind, paths] of Object.entries({ js: [...scripts], css: styles })) {
  const sizes = paths.map((path) => [
    path.slice(dist.length + 1),
    gzipSync(readFileSync(path), { level: 9 }).length,
  ]);
  const total = sizes.reduce((sum, [, size]) => sum + size, 0);
  for (const [name, size] of sizes) process.stdout.write(`${String(size).padStart(7)}  ${name}\n`);
  process.stdout.write(`${String(total).padStart(7)}  initial ${kind}, gzip; at most ${BUDGET[kind]}\n`);
  good &&= paths.length > 0 && total <= BUDGET[kind];
}
process.exit(good ? 0 : 1);
