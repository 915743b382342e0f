/** Debian's Chromium, and what to do without a browser. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { IN_FIREFOX, missingForFirefox } from "../browsers/firefox.ts";

export const CHROMIUM = process.env["CHROME_PATH"] ?? "/usr/bin/chromium";

export function needBrowser(): void {
  if (IN_FIREFOX) needed(missingForFirefox(), "firefox-esr pulseaudio xvfb");
  else
    needed(
      [CHROMIUM].filter((path) => !existsSync(path)),
      "chromium",
    );
}

/** If something is missing, print one line and exit with success; in CI, which must have it, with failure. */
export function needed(missing: readonly string[], packages: string): void {
  if (missing.length === 0) return;
  process.stderr.write(
    `\n*** NOT TESTED IN A BROWSER: there is no ${missing.join()}; apt-get install ${packages} ***\n`,
  );
  process.exit(process.env["CI"] === "true" ? 1 : 0);
}

export function freePort(name: string, from: number): number {
  process.env[name] ??= String(from + (process.pid % 5000));
  return Number(process.env[name]);
}

/** A folder for one run, deleted with the process that created it; its workers share it. */
export function ownFolder(name: string): string {
  const known = process.env[name];
  if (known !== undefined) return known;
  const folder = mkdtempSync(join(tmpdir(), "livepass-ui-"));
  process.env[name] = folder;
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
