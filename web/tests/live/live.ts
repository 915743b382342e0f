/** A page with the headless client, and the emulator behind it. */

import { randomUUID } from "node:crypto";
import { expect, test as base } from "@playwright/test";
import type { Page } from "@playwright/test";
import type { LiveEventName, LiveEvents, StartOptions } from "../../client/index.ts";
import type { WireStats } from "../../client/wire/protocol.ts";
import { isFirefoxsOwn } from "../browsers/firefox.ts";
import { BROWSER, MISSING } from "./chromium.ts";
import { EmulatorControl, type JournalEntry } from "./emulated.ts";
import type { Heard } from "./harness/harness.ts";

export interface Happened<Name extends LiveEventName> {
  readonly name: Name;
  readonly detail: LiveEvents[Name];
  readonly at: number;
}

export class LivePage {
  readonly page: Page;
  readonly gemini: EmulatorControl;
  /** Everything in the page's console. */
  readonly console: string[] = [];

  constructor(page: Page, gemini: EmulatorControl) {
    this.page = page;
    this.gemini = gemini;
    page.on("console", (message) => this.console.push(message.text()));
    page.on("pageerror", (error) => this.console.push(String(error)));
  }

  /** What the page itself wrote to its console. */
  get written(): readonly string[] {
    return this.console.filter((line) => !isFirefoxsOwn(line));
  }

  /** A page for a new user. */
  async open(tier = "default"): Promise<void> {
    const query = new URLSearchParams({ api: this.gemini.url, user: `u${randomUUID()}`, tier });
    await this.page.goto(`${process.env.LIVEPASS_PAGE}/?${query}`);
    await this.page.locator("body[data-ready]").waitFor({ state: "attached" });
  }

  /** Tap the button. */
  async tap(options: StartOptions = {}): Promise<void> {
    await this.page.evaluate((given) => {
      window.harness.options = given;
    }, options);
    await this.page.getByRole("button").click();
  }

  /** Start a talk, and wait until it is live. */
  async start(options: StartOptions = {}): Promise<void> {
    await this.tap(options);
    await this.event("open");
  }

  async events<Name extends LiveEventName>(name: Name): Promise<readonly Happened<Name>[]> {
    const all = await this.page.evaluate(() => window.harness.events);
    return all.filter((event) => event.name === name) as unknown as Happened<Name>[];
  }

  /** The first event with this name that matches, once it has happened. */
  async event<Name extends LiveEventName>(
    name: Name,
    fits: (detail: LiveEvents[Name]) => boolean = () => true,
    timeout = 15_000,
  ): Promise<Happened<Name>> {
    let found: Happened<Name> | undefined;
    await expect
      .poll(
        async () => {
          found = (await this.events(name)).find(({ detail }) => fits(detail));
          return found !== undefined;
        },
        { message: `the event ${name}`, intervals: [50], timeout },
      )
      .toBe(true);
    return found as Happened<Name>;
  }

  async requests(): Promise<readonly string[]> {
    return this.page.evaluate(() => window.harness.requests);
  }

  async heard(ear: Heard["ear"]): Promise<readonly Heard[]> {
    const all = await this.page.evaluate(() => window.harness.heard);
    return all.filter((heard) => heard.ear === ear);
  }

  async stats(): Promise<WireStats> {
    return this.page.evaluate(async () => (await window.harness.talk.stats()) as WireStats);
  }

  /** Entries of the emulator's journal, once there are this many. */
  async journal(kind: string, count = 1): Promise<readonly JournalEntry[]> {
    let entries: readonly JournalEntry[] = [];
    await expect
      .poll(async () => (entries = await this.gemini.journal(kind)).length, {
        message: `${count} of ${kind} in the journal`,
        intervals: [50],
      })
      .toBeGreaterThanOrEqual(count);
    return entries;
  }

  /** What the client sent, from the journal, by the one member of each message. */
  async said(): Promise<readonly Record<string, unknown>[]> {
    const entries = await this.gemini.journal("message");
    return entries.map(({ message }) => message as Record<string, unknown>);
  }
}

export const test = base.extend<{ live: LivePage; browserIsThere: void }>({
  browserIsThere: [
    async ({}, use, info) => {
      info.skip(MISSING, `no ${BROWSER}`);
      await use();
    },
    { auto: true },
  ],
  live: async ({ page }, use) => {
    const gemini = new EmulatorControl(process.env.LIVEPASS_EMULATED ?? "");
    await gemini.reset();
    const live = new LivePage(page, gemini);
    await live.open();
    await use(live);
    await page.evaluate(async () => window.harness.talk.close()).catch(() => {});
  },
});

export { expect };
