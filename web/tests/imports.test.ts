/**
 * The check of the import graph fails on each cycle and each forbidden import that the code once had.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { cruise, type IConfiguration, type ICruiseOptions } from "dependency-cruiser";
import { afterEach, beforeEach, expect, test } from "vitest";

const path: string = "../.dependency-cruiser.mjs";
const { default: config }: { default: IConfiguration } = await import(path);

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "livepass-imports-"));
});

afterEach(() => rmSync(folder, { recursive: true }));

/** The rules that these files violate. */
async function broken(files: Readonly<Record<string, string>>): Promise<string[]> {
  for (const [path, code] of Object.entries(files)) {
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    writeFileSync(join(folder, path), code);
  }
  const ruleSet = { forbidden: config.forbidden ?? [] };
  const options: ICruiseOptions = { ...config.options, baseDir: folder, validate: true, ruleSet };
  const { output } = await cruise(["."], options);
  if (typeof output === "string") throw new TypeError(output);
  return [...new Set(output.summary.violations.map(({ rule }) => rule.name))].sort();
}

test("a module that loads what imports it, as sign-in did", async () => {
  const files = {
    "site/sign-in.ts": `export class SignInFailed extends Error {}
      export const create = async () => (await import("./local.ts")).localSignIn();`,
    "site/local.ts": `import { SignInFailed } from "./sign-in.ts";
      export const localSignIn = () => { throw new SignInFailed(); };`,
  };

  expect(await broken(files)).toEqual(["no-cycles"]);
});

test("a cycle that a type and an import() close, as the page's did", async () => {
  const files = {
    "page/store.ts": `import { view } from "./view.ts"; export class Store { draw = view; }`,
    "page/view.ts": `import { part } from "./lazy.ts"; export const view = part;`,
    "page/lazy.ts": `export const part = async () => import("./stage.ts");`,
    "page/stage.ts": `import { canResume } from "./resuming.ts"; export const stage = canResume;`,
    "page/resuming.ts": `import type { Store } from "./store.ts"; export const canResume = (store: Store) => store;`,
  };

  expect(await broken(files)).toEqual(["no-cycles"]);
});

test("an arrow that only a type draws", async () => {
  const types = (to: string): string => `import type { A } from "${to}"; export type B = A;`;
  const files = {
    "client/talk.ts": types("../site/a.ts"),
    "site/a.ts": "export type A = 1;",
    "site/shell.ts": types("../page/a.ts"),
    "page/a.ts": "export type A = 1;",
    "admin/app.ts": types("../page/a.ts"),
  };

  expect(await broken(files)).toEqual([
    "client-stands-alone",
    "page-and-admin-are-apart",
    "site-is-below-the-pages",
  ]);
});

test("a package that nobody has declared", async () => {
  expect(await broken({ "package.json": "{}", "page/a.ts": `import "left-pad";` })).toEqual([
    "declared",
  ]);
});

test("a package that only another one brought along, built into its dist, as Lighthouse's was", async () => {
  const files = {
    "package.json": "{}",
    "node_modules/launcher/package.json": `{ "name": "launcher", "main": "./dist/index.js" }`,
    "node_modules/launcher/dist/index.js": "export const launch = 1;",
    "tests/audit.mjs": `import { launch } from "launcher"; launch();`,
  };

  expect(await broken(files)).toEqual(["declared"]);
});

test("a development tool in what people load", async () => {
  const files = {
    "package.json": `{ "devDependencies": { "tool": "1.0.0" } }`,
    "node_modules/tool/package.json": `{ "name": "tool", "main": "./index.js" }`,
    "node_modules/tool/index.js": "export const tool = 1;",
    "page/a.ts": `import "tool";`,
    "page/a.test.ts": `import "tool";`,
  };

  expect(await broken(files)).toEqual(["nothing-for-development"]);
});
