/** Runs axe on a page, and returns its findings as lines of text. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

import type { Page } from "@playwright/test";
import type { AxeResults, RunOptions } from "axe-core";

declare global {
  interface Window {
    axe?: { run(options: RunOptions): Promise<AxeResults> };
  }
}

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

export async function findings(page: Page): Promise<string[]> {
  await page.evaluate(settled);
  if (await page.evaluate(() => window.axe === undefined)) await page.evaluate(AXE);
  const { violations } = await page.evaluate(
    async (values) =>
      window.axe?.run({ runOnly: { type: "tag", values }, resultTypes: ["violations"] }) ??
      Promise.reject(new Error("axe is gone")),
    RULES,
  );
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
  );
}

/** Elements that fade in have their colours only at the end. */
async function settled(): Promise<void> {
  const passing = document
    .getAnimations()
    .filter((animation) => animation.effect?.getComputedTiming().endTime !== Infinity);
  await Promise.allSettled(passing.map(async (animation) => animation.finished));
}
