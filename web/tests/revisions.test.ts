/**
 * The page with functions of the revision before, as during a deploy: it compiles against answers in
 * which all that those lack is optional, so it reads nothing of that unasked. That older pages find
 * all that they read is tests/contract/test_revisions.py's.
 */
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";

const WEB = join(import.meta.dirname, "..");
/** The last whose answers were closed, and whose mints had two shapes. */
const BEFORE = "6289248a1975";
const SOURCES = ["client", "site", "page", "admin"];

/** The properties of each schema in generated types. */
function propertiesOf(types: string): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  let last = new Set<string>();
  for (const line of types.split("\n")) {
    const [, schema] = /^ {8}(\w+): \{$/.exec(line) ?? [];
    if (schema !== undefined) found.set(schema, (last = new Set()));
    const [, property] = /^ {12}(\w+)\??: /.exec(line) ?? [];
    if (property !== undefined) last.add(property);
  }
  return found;
}

/** The newer types, with what the older ones lack made optional. */
function lacking(newer: string, older: string): string {
  const known = propertiesOf(older);
  let schema = "";
  return newer
    .split("\n")
    .map((line) => {
      schema = /^ {8}(\w+): \{$/.exec(line)?.[1] ?? schema;
      const [, property] = /^ {12}(\w+): /.exec(line) ?? [];
      const is = property !== undefined && known.get(schema)?.has(property) === false;
      return is ? line.replace(`${property}:`, `${property}?:`) : line;
    })
    .join("\n");
}

test("answers of the revision before are enough for the page", () => {
  const folder = mkdtempSync(join(tmpdir(), "livepass-revisions-"));
  const git = (path: string): string =>
    execFileSync("git", ["show", `${BEFORE}:${path}`], { cwd: WEB, encoding: "utf8" });
  try {
    for (const name of SOURCES) cpSync(join(WEB, name), join(folder, name), { recursive: true });
    symlinkSync(join(WEB, "node_modules"), join(folder, "node_modules"));
    const types = join(folder, "client/api/api.d.ts");
    const optional = lacking(readFileSync(types, "utf8"), git("web/client/api/api.d.ts"));
    writeFileSync(types, optional);
    const config = { extends: join(WEB, "tsconfig.json"), include: SOURCES };
    const exclude = ["**/*.worklet.ts", "client/wire/*.worker.ts", "**/*.test.ts", "**/fake-*.ts"];
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ ...config, exclude }));

    expect(optional).toContain("locked?: ");
    expect(complaints(folder)).toBe("");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 120_000);

function complaints(folder: string): string {
  try {
    return execFileSync(join(WEB, "node_modules/.bin/tsc"), ["-p", folder], { encoding: "utf8" });
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}
