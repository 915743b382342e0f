/** Watches a page for what it must not do: log errors, violate its policy, or leak a token. */
import { expect, type Page } from "@playwright/test";

import { isFirefoxsOwn } from "../browsers/firefox.ts";

export class Watch {
  readonly #said: string[] = [];
  readonly #addresses: string[] = [];
  readonly #secrets = new Set<string>();

  constructor(private readonly page: Page) {
    page.on("console", (message) => {
      if (!isFirefoxsOwn(message.text())) this.#said.push(message.text());
    });
    page.on("pageerror", (error) => this.#said.push(error.message));
    page.on("framenavigated", (frame) => this.#addresses.push(frame.url()));
    page.on("response", (response) => void this.#learn(response.url(), async () => response.json()));
  }

  /** Tokens from the servers' answers. */
  async #learn(url: string, body: () => Promise<unknown>): Promise<void> {
    if (!/\/(token|live-token|refresh)$/.test(url)) return;
    const answer = await body().catch(() => undefined);
    for (const secret of Object.entries(answer ?? {}).flatMap(([name, value]) =>
      /^(idToken|id_token|access_token|refresh_token|token)$/.test(name) ? [value] : [],
    )) {
      this.#secrets.add(String(secret).replace("auth_tokens/", ""));
    }
  }

  async sawTokens(least: number): Promise<void> {
    await expect.poll(() => this.#secrets.size).toBeGreaterThanOrEqual(least);
  }

  said(): readonly string[] {
    return this.#said;
  }

  /** No token may be in the page, its storage, its address or its console. */
  async noTokenIsLeft(): Promise<void> {
    const kept = await this.page.evaluate(async () => ({
      page: document.documentElement.outerHTML,
      local: JSON.stringify(localStorage),
      session: JSON.stringify(sessionStorage),
      cookies: document.cookie,
      databases: JSON.stringify(await indexedDB.databases()),
      caches: JSON.stringify(await caches.keys()),
      console: JSON.stringify(window.livepass?.state ?? null),
      history: JSON.stringify(history.state),
    }));
    const places = { ...kept, said: this.#said.join("\n"), addresses: this.#addresses.join("\n") };
    for (const [place, text] of Object.entries(places)) {
      for (const secret of this.#secrets)
        expect(text.includes(secret), `a token in ${place}`).toBe(false);
    }
  }
}
