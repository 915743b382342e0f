/**
 * Before all tests: builds the page, makes the recordings and starts the servers. Stops them afterwards.
 */

import { resolve } from "node:path";
import { build } from "vite";
import { BROWSER, MISSING, RECORDINGS, recordingPath } from "./chromium.ts";
import { Emulated } from "./emulated.ts";
import { PageServer } from "./page-server.ts";
import { writeWav } from "./wav.ts";

export default async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (MISSING) {
    if (process.env.CI === "true") throw new Error(`CI=true, but there is no ${BROWSER}`);
    process.stderr.write(`\n*** SKIPPED: no ${BROWSER}, so nothing of the live client ran ***\n\n`);
    return undefined;
  }
  await build({ configFile: resolve(import.meta.dirname, "vite.config.ts") });
  for (const [name, seconds] of Object.entries(RECORDINGS)) {
    writeWav(recordingPath(name as keyof typeof RECORDINGS), seconds);
  }
  const page = await PageServer.start();
  const emulated = await Emulated.start(page.url);
  page.identityAt = emulated.url;
  process.env.LIVEPASS_PAGE = page.url;
  process.env.LIVEPASS_EMULATED = emulated.url;
  return async () => {
    await emulated.stop();
    await page.stop();
  };
}
