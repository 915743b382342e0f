/** README.md names files that exist, and lists every folder of the four rooms. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

const WEB = join(import.meta.dirname, "..");
const README = readFileSync(join(WEB, "README.md"), "utf8");
const named = [...README.matchAll(/`((?:client|page|admin|site|tests)\/[\w./-]+)`/g)].map(
  ([, path]) => path ?? "",
);

test("every file it names exists", () => {
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((path) => !existsSync(join(WEB, path)))).toEqual([]);
});

test.each(["client", "page", "admin", "site"])("every folder of %s has a line", (room) => {
  const listing = README.split(new RegExp(`^    ${room}/`, "m"))[1]?.split(/^    \w/m)[0] ?? "";
  const folders = readdirSync(join(WEB, room), { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  );

  expect(folders.map(({ name }) => name).filter((name) => !listing.includes(`      ${name}/`))).toEqual(
    [],
  );
});
