/**
 * For tests: Gemini Live as the wire sees it, over the tokens of `FakeVending` and by its clock.
 * Connections last ten minutes, with `goAway` a minute before; handles arrive every few seconds and are
 * valid for two hours with any token; and tokens end as they were seen to (closes.ts).
 */

import type { FakeToken, FakeVending } from "./api/fake-vending.ts";

const MINUTE = 60_000;
const HANDLE_MS = 5000;
const HANDLE_LIFE_MS = 120 * MINUTE;

export class FakeGemini {
  /** Refuse this many connections, as if their token were used up. */
  refuse = 0;
  readonly sockets = new Set<GeminiSocket>();
  /** The number of connections so far. */
  connections = 0;
  /** The handles of each talk, and when they were sent. */
  readonly handles = new Map<string, { readonly talk: number; readonly at: number }>();
  readonly #used = new Map<FakeToken, number>();
  readonly #vending: FakeVending;
  readonly #now: () => number;
  #talks = 0;

  constructor(vending: FakeVending, now: () => number) {
    this.#vending = vending;
    this.#now = now;
  }

  /** The open talks, each once. */
  get talks(): readonly number[] {
    return [...new Set([...this.sockets].map(({ talk }) => talk))].filter((talk) => talk > 0);
  }

  now(): number {
    return this.#now();
  }

  /** Drop every connection, without a close frame. */
  cut(): void {
    for (const socket of this.sockets) socket.end(1006, "");
  }

  /** Why a setup is refused, or which talk it belongs to. */
  admit(value: string, asked: string | null): readonly [number, string] | number {
    const token = this.#vending.tokens.get(value);
    if (token === undefined) return [1007, "Missing or malformed auth token."];
    if (this.#now() >= token.expires) return [1011, "auth token has expired"];
    if (this.refuse > 0) {
      this.refuse -= 1;
      return [1011, "Token has been used too many times"];
    }
    const handle = token.locked === undefined ? asked : token.locked;
    return handle === null ? this.#begin(token) : this.#resume(handle);
  }

  expiresIn(value: string): number {
    return (this.#vending.tokens.get(value)?.expires ?? 0) - this.#now();
  }

  #begin(token: FakeToken): readonly [number, string] | number {
    const used = this.#used.get(token) ?? 0;
    if (used > 0) return [1011, "Token has been used too many times"];
    if (this.#now() >= token.startBefore) {
      return [1011, "Token has expired: new sessions are no longer allowed"];
    }
    this.#used.set(token, used + 1);
    return (this.#talks += 1);
  }

  #resume(handle: string): readonly [number, string] | number {
    const kept = this.handles.get(handle);
    const good = kept !== undefined && this.#now() - kept.at < HANDLE_LIFE_MS;
    return good ? kept.talk : [1008, "Requested entity was not found."];
  }
}

/** A replacement for `WebSocket` that connects to this Gemini. */
export function socketsOf(gemini: FakeGemini): typeof GeminiSocket {
  return class extends GeminiSocket {
    constructor(url: string) {
      super(url, gemini);
    }
  };
}

/** A browser's WebSocket, as far as the wire uses it. */
export class GeminiSocket {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  readyState = 0;
  bufferedAmount = 0;
  binaryType = "blob";
  /** 0 before the setup. */
  talk = 0;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  readonly #gemini: FakeGemini;
  readonly #token: string;
  readonly #timers: ReturnType<typeof setTimeout>[] = [];

  constructor(url: string, gemini: FakeGemini) {
    this.#gemini = gemini;
    this.#token = new URL(url).searchParams.get("access_token") ?? "";
    gemini.sockets.add(this);
    gemini.connections += 1;
    this.#after(50, () => {
      this.readyState = 1;
      this.onopen?.();
    });
  }

  send(text: string): void {
    const { setup } = JSON.parse(text) as { setup?: { sessionResumption: { handle?: string } } };
    if (setup !== undefined) this.#after(50, () => this.#setUp(setup.sessionResumption.handle));
  }

  close(): void {
    this.#over();
  }

  end(code: number, reason: string): void {
    if (!this.#gemini.sockets.has(this)) return;
    this.#over();
    this.onclose?.({ code, reason });
  }

  #setUp(handle: string | undefined): void {
    const admitted = this.#gemini.admit(this.#token, handle ?? null);
    if (typeof admitted !== "number") return this.end(...admitted);
    this.talk = admitted;
    this.#say({ setupComplete: {} });
    this.#handOut();
    this.#after(9 * MINUTE, () => this.#say({ goAway: { timeLeft: "60s" } }));
    this.#after(10 * MINUTE, () => this.end(1000, ""));
    const left = this.#gemini.expiresIn(this.#token);
    this.#after(left, () => this.end(1011, "auth token has expired"));
  }

  #handOut(): void {
    const handle = `h${this.#gemini.handles.size + 1}`;
    this.#gemini.handles.set(handle, { talk: this.talk, at: this.#gemini.now() });
    this.#say({ sessionResumptionUpdate: { newHandle: handle, resumable: true } });
    this.#after(HANDLE_MS, () => this.#handOut());
  }

  #say(message: object): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }

  #after(ms: number, happen: () => void): void {
    this.#timers.push(setTimeout(happen, ms));
  }

  #over(): void {
    this.readyState = 3;
    this.#gemini.sockets.delete(this);
    for (const timer of this.#timers.splice(0)) clearTimeout(timer);
  }
}
