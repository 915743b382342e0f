/** Debian's WebKit (MiniBrowser) with a microphone that beeps, and the page as `make run` serves it. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

import { expect, test as base } from "@playwright/test";

import { serve } from "../ui/serve.mjs";
import { freePort } from "../ui/browser.ts";
import { WebDriver } from "./webdriver.ts";

const BROWSER = "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser";
const NEEDED = ["/usr/bin/WebKitWebDriver", BROWSER, "/usr/bin/Xvfb", "/usr/bin/dbus-run-session"];
export const missingForWebKit = (): string[] => NEEDED.filter((path) => !existsSync(path));

const CAPABILITIES = {
  alwaysMatch: {
    "webkitgtk:browserOptions": {
      binary: BROWSER,
      // Without an answer to "May it use the microphone?", a driver's session allows it.
      args: ["--automation", "--enable-media-stream=true", "--enable-mock-capture-devices=true"],
    },
  },
};

/** What a person does, and sees, in WebKit. */
export class Visitor {
  constructor(
    private readonly driver: WebDriver,
    readonly url: string,
  ) {}

  async signIn(name: string): Promise<void> {
    await this.driver.go(this.url);
    await this.sees("main", "Continue");
    await this.driver.type("//input", name);
    await this.press("Continue");
    await this.sees("main", "Start talking");
  }

  async press(button: string): Promise<void> {
    await this.driver.click(`//button[contains(normalize-space(.), "${button}")]`);
  }

  async write(text: string): Promise<void> {
    await this.driver.type('//*[@id="words"]', `${text}\uE007`); // Enter
  }

  /** Wait until the words stand there. */
  async sees(where: string, words: string | RegExp): Promise<void> {
    const read = async (): Promise<unknown> =>
      this.driver.run(
        "return document.querySelector(arguments[0])?.textContent.replace(/\\s+/g, ' ') ?? ''",
        where,
      );
    await expect.poll(read, { timeout: 40_000, message: `${words} in ${where}` }).toMatch(words);
  }

  async run(script: string): Promise<unknown> {
    return this.driver.run(script);
  }

  async emulate(path: string, method: string, body: object): Promise<void> {
    const address = `${this.url}/local/gemini/_emulator/${path}`;
    expect((await fetch(address, { method, body: JSON.stringify(body) })).ok).toBe(true);
  }
}

export const test = base.extend<{ visitor: Visitor }, { place: { driver: string; url: string } }>({
  place: [
    async ({}, use) => {
      const [served, [driver, child]] = await Promise.all([serve(), startDriver()]);
      await use({ driver, url: served.url });
      served.close();
      process.kill(-(child.pid ?? 0)); // the driver, its display and its bus
    },
    { scope: "worker" },
  ],
  visitor: async ({ place }, use) => {
    const driver = await WebDriver.open(place.driver, CAPABILITIES);
    await use(new Visitor(driver, place.url));
    await driver.close();
  },
});

async function startDriver(): Promise<[string, ChildProcess]> {
  const port = freePort("LIVEPASS_WEBKIT_PORT", 27_000);
  const child = spawn(join(import.meta.dirname, "webkit.sh"), [String(port)], {
    stdio: "ignore",
    detached: true,
  });
  const driver = `http://127.0.0.1:${port}`;
  const answers = async (): Promise<boolean> =>
    fetch(`${driver}/status`).then(
      ({ ok }) => ok,
      () => false,
    );
  await expect.poll(answers, { timeout: 60_000, message: "WebKit's driver" }).toBe(true);
  return [driver, child];
}
