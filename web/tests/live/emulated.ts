/** All that `make run` starts, in a process of its own, and its control API as methods. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

export interface JournalEntry {
  readonly n: number;
  readonly kind: string;
  readonly socket?: number;
  readonly [field: string]: unknown;
}

const REPOSITORY = resolve(import.meta.dirname, "../../..");

/** The control API of a running emulator. */
export class EmulatorControl {
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  /** Reset everything, then answer in tones, with these settings. */
  async reset(settings: Record<string, unknown> = {}): Promise<void> {
    await this.#control("POST", "/reset");
    await this.#control("PATCH", "/settings", { speech: "tone", ...settings });
  }

  async set(settings: Record<string, unknown>): Promise<void> {
    await this.#control("PATCH", "/settings", settings);
  }

  async fault(fault: Record<string, unknown>): Promise<void> {
    await this.#control("POST", "/faults", fault);
  }

  /** Say something in every open talk, as if its client had sent it. */
  async say(text: string): Promise<void> {
    await this.#control("POST", "/say", { text });
  }

  /** Advance the emulated time. */
  async advance(seconds: number): Promise<void> {
    await this.#control("POST", "/clock", { advance_s: seconds });
  }

  async journal(kind?: string): Promise<readonly JournalEntry[]> {
    const query = kind === undefined ? "" : `?kind=${kind}`;
    return (await this.#control("GET", `/journal${query}`)) as readonly JournalEntry[];
  }

  async #control(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(`${this.url}/local/gemini/_emulator${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${await response.text()}`);
    return response.status === 204 ? null : await response.json();
  }
}

export class Emulated extends EmulatorControl {
  readonly #process: ChildProcess;
  readonly #data: string;

  private constructor(url: string, process: ChildProcess, data: string) {
    super(url);
    this.#process = process;
    this.#data = data;
  }

  /** `origin` is the page's, which the API must allow; none leaves that to `make run`. */
  static async start(origin: string, settings: Record<string, string> = {}): Promise<Emulated> {
    const port = await freePort();
    const data = mkdtempSync(join(tmpdir(), "livepass-web-"));
    const child = spawn(
      join(REPOSITORY, ".venv/bin/python"),
      ["-m", "emulator.run", "--port", String(port)],
      {
        cwd: REPOSITORY,
        stdio: ["ignore", "pipe", "pipe"],
        env: {
          ...process.env,
          PYTHONPATH: "functions:tests",
          LIVE_API_LEDGER: `sqlite:///${join(data, "ledger.sqlite3")}`,
          ...(origin && { LIVE_API_ALLOWED_ORIGINS: origin }),
          LIVE_API_TIERS: '{"hasty": {"cooldown_minutes": 0}}',
          GEMINI_API_KEY: "",
          ...settings,
        },
      },
    );
    let said = "";
    child.stderr?.on("data", (text) => (said = (said + String(text)).slice(-4000)));
    const url = `http://127.0.0.1:${port}`;
    const emulated = new Emulated(url, child, data);
    const giveUpAt = Date.now() + 60_000;
    for (;;) {
      if (child.exitCode !== null) throw new Error(`the emulator ended: ${said}`);
      if (Date.now() > giveUpAt) throw new Error(`the emulator does not answer: ${said}`);
      const up = await fetch(`${url}/api/v1/live-token/config`).catch(() => null);
      if (up?.ok) return emulated;
      await new Promise((done) => setTimeout(done, 100));
    }
  }

  async stop(): Promise<void> {
    const ended = once(this.#process, "exit");
    this.#process.kill("SIGTERM");
    await ended;
    rmSync(this.#data, { recursive: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}
