/**
 * `make browsers`: the stories and the live suite in Firefox, how long sound takes there, and five
 * stories in WebKit; one browser at a time. Prints what passed, and what was skipped and why.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const web = resolve(import.meta.dirname, "../..");
const playwright = join(web, "node_modules/@playwright/test/cli.js");
const SUITES = [
  { browser: "firefox", suite: "stories", config: "tests/ui", args: ["--project=story"] },
  { browser: "firefox", suite: "live", config: "tests/live/playwright.config.ts" },
  {
    browser: "firefox",
    suite: "figures",
    config: "tests/live/bench.config.ts",
    args: ["--grep-invert=@short"],
  },
  { browser: "webkit", suite: "stories", config: "tests/browsers" },
];

/** Run a suite; its report is null if the browser is not there. */
function run({ browser, config, args = [] }, folder) {
  const report = join(folder, "report.json");
  rmSync(report, { force: true });
  const { status } = spawnSync(
    process.execPath,
    [playwright, "test", "--config", config, "--workers=1", "--reporter=list,json", ...args],
    {
      cwd: web,
      stdio: "inherit",
      env: { ...process.env, LIVEPASS_BROWSER: browser, PLAYWRIGHT_JSON_OUTPUT_FILE: report },
    },
  );
  return { status: status ?? 1, report: read(report) };
}

function read(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return null;
  }
}

/** Every test of a report, with its name. */
function* tests({ suites = [], specs = [] }) {
  for (const { title, tests: runs } of specs) for (const test of runs) yield { title, ...test };
  for (const suite of suites) yield* tests(suite);
}

function row({ browser, suite }, report) {
  const { expected, unexpected, flaky, skipped } = report?.stats ?? {};
  const counts = report === null ? ["not run"] : [expected, unexpected + flaky, skipped];
  return [browser, suite, ...counts].map((cell) => String(cell).padEnd(10)).join("");
}

function skipped({ browser }, report) {
  return [...tests(report ?? {})]
    .filter(({ status }) => status === "skipped")
    .map(
      ({ title, annotations }) =>
        `skipped in ${browser}: ${title}: ${annotations.at(-1)?.description ?? ""}`,
    );
}

const folder = mkdtempSync(join(tmpdir(), "livepass-browsers-"));
const done = SUITES.filter(({ browser }) => (process.env.ONLY ?? browser) === browser).map((suite) => ({
  suite,
  ...run(suite, folder),
}));
rmSync(folder, { recursive: true });
console.log(
  `\n${["browser", "suite", "passed", "failed", "skipped"].map((head) => head.padEnd(10)).join("")}`,
);
for (const { suite, report } of done) console.log(row(suite, report));
for (const { suite, report } of done) for (const line of skipped(suite, report)) console.log(line);
process.exitCode = done.some(({ status }) => status !== 0) ? 1 : 0;
