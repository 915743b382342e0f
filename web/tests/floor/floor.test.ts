/** All that is built works in the oldest browsers that package.json names, or where it is asked for first. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { target } from "../../vite.config.ts";
import { FLOOR, type Floor } from "./floor.ts";
import { inScript } from "./scripts.ts";
import { inStyles } from "./styles.ts";

const ASSETS = join(import.meta.dirname, "../../dist/assets");

function built(
  ending: string,
  used: (source: string, floor: Floor) => Set<string>,
  floor: Floor,
): string[] {
  const files = readdirSync(ASSETS).filter((name) => name.endsWith(ending));
  expect(files.length).toBeGreaterThan(0);
  const all = files.flatMap((name) => [...used(readFileSync(join(ASSETS, name), "utf8"), floor)]);
  return [...new Set(all)].toSorted();
}

/** What a browser may lack and is asked for first, and what happens without it. */
const GUARDED = {
  "Navigator.audioSession": "the system decides where sound goes, as it does on every computer",
  "Navigator.wakeLock": "the screen goes dark as it always does",
};
/** Where a rule is not known, the page is as it is without it. */
const DECORATION = [/^:-webkit-meter/, /^(field-sizing|resize|cursor|text-wrap|text-size-adjust)\b/];

test("scripts use what every browser of the floor has, or ask first", () => {
  expect(
    built(".js", inScript, FLOOR).filter((line) => !((line.split(":")[0] ?? "") in GUARDED)),
  ).toEqual([]);
});

test("styles need nothing that a browser of the floor lacks", () => {
  const needed = built(".css", inStyles, FLOOR).filter(
    (line) => !DECORATION.some((rule) => rule.test(line)),
  );
  expect(needed).toEqual([]);
});

test("the floor is where it is because of these", () => {
  const older = (browser: keyof Floor): Floor => ({ [browser]: (FLOOR[browser] ?? 0) - 1 });

  expect(built(".js", inScript, older("firefox"))).toContain("AbortSignal.any: firefox 124");
  expect(built(".js", inScript, older("chrome"))).toContain("AbortSignal.timeout: chrome 124");
  expect(built(".css", inStyles, older("safari"))).toContain("light-dark(): safari 17.5");
});

test("scripts are built for the same versions", () => {
  const built = Object.entries(FLOOR).map(
    ([name, version]) => `${name === "ios_saf" ? "ios" : name}${version}`,
  );
  expect(target).toEqual(built);
});

test("what is too new is seen, on any object", () => {
  expect([...inScript("x.toSorted(); new URLPattern({});", { firefox: 100 })]).toEqual([
    ".toSorted: firefox 115",
    "URLPattern: firefox 142",
  ]);
  expect([...inStyles("a:has(b) { color: light-dark(red, blue) }", { firefox: 119 })]).toEqual([
    "light-dark(): firefox 120",
    ":has: firefox 121",
  ]);
});
