/** One connection to Gemini: opens it, sets it up within a deadline, and reads until it ends. */

import { ending, type Ending } from "./closes.ts";
import { type Fact, factsOf } from "./facts.ts";
import { type ClientMessage, setup } from "./messages.ts";
import type { Grant } from "./protocol.ts";

/** Systems ask for a connection at 0, 1, 3 and 7 s, and then not before 15 (RFC 6298, 2 and 5.5). */
export const OPENING_DEADLINE_MS = 8000;
/** Gemini sometimes accepts a connection and says nothing (googleapis/js-genai#1953). */
export const SETUP_DEADLINE_MS = 12_000;
/** Three seconds of sound that the network has not taken. */
export const FULL_BYTES = 128 * 1024;
/** A second of sound, as it is sent: while it waits, the network may be gone. */
const SECOND_BYTES = 48 * 1024;
/** So long an orderly close may take. */
const LEAVING_MS = 1000;
const NORMAL = 1000;

export interface SocketEvents {
  facts(facts: readonly Fact[]): void;
  lost(ending: Ending): void;
}

export class LiveSocket {
  readonly #socket: WebSocket;
  readonly #events: SocketEvents;
  readonly #decoder = new TextDecoder();
  #watchdog: ReturnType<typeof setTimeout> | undefined;
  #isHeard = false;
  /** Bytes handed over so far, and those the network had taken at the last look, if it was silent and many were left. */
  #given = 0;
  #taken = -Infinity;

  /** `left`: the setup waits for it. */
  constructor(grant: Grant, handle: string | null, events: SocketEvents, left?: Promise<void>) {
    this.#events = events;
    this.#socket = new WebSocket(`${grant.url}?access_token=${encodeURIComponent(grant.token)}`);
    this.#socket.binaryType = "arraybuffer";
    const begin = (): void => this.send(setup(grant.setup, handle));
    this.#socket.onopen = () => {
      this.#expect("setupComplete", SETUP_DEADLINE_MS);
      if (left === undefined) begin();
      else void left.then(begin);
    };
    this.#socket.onmessage = ({ data }) => this.#read(data);
    this.#socket.onclose = ({ code, reason }) => this.#end(ending(code, reason));
    this.#expect("connection", OPENING_DEADLINE_MS);
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  send(message: ClientMessage): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    const text = JSON.stringify(message);
    this.#given += text.length;
    this.#socket.send(text);
  }

  /**
   * Return whether Gemini said something since the last look. A connection whose network takes nothing
   * in between, though there is a second of sound, is closed; browsers notice only after minutes.
   */
  look(): boolean {
    const isHeard = this.#isHeard;
    const taken = this.#given - this.bufferedBytes;
    const isFull = this.bufferedBytes > SECOND_BYTES;
    const isStuck = isFull && taken <= this.#taken;
    this.#isHeard = false;
    this.#taken = isFull && !isHeard ? taken : -Infinity;
    if (isStuck && !isHeard) this.giveUp();
    return isHeard;
  }

  /** The network is gone without a word. */
  giveUp(): void {
    this.#end(ending(1006, "the network is gone"));
  }

  /** Close it. No more events follow. */
  close(): void {
    clearTimeout(this.#watchdog);
    const socket = this.#socket;
    socket.onmessage = socket.onclose = null;
    // Closing it before it is open would make the browser log its address, which contains the token.
    if (socket.readyState === WebSocket.CONNECTING) socket.onopen = () => socket.close(NORMAL);
    else socket.close(NORMAL);
  }

  /** Close it, and wait until it is closed, for a second at most. */
  async leave(): Promise<void> {
    this.close();
    await new Promise<void>((resolve) => {
      this.#socket.onclose = () => resolve();
      setTimeout(resolve, LEAVING_MS);
    });
  }

  /** Frames may be binary or text; the API does not say which. */
  #read(data: unknown): void {
    this.#isHeard = true;
    const text = data instanceof ArrayBuffer ? this.#decoder.decode(data) : data;
    const facts = typeof text === "string" ? factsOf(parse(text)) : [];
    if (facts.some(({ fact }) => fact === "ready")) clearTimeout(this.#watchdog);
    this.#events.facts(facts);
  }

  #expect(what: string, ms: number): void {
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => this.#end(ending(1006, `no ${what}`)), ms);
  }

  #end(how: Ending): void {
    // Browsers open no other to the same address while it waits (RFC 6455, 4.1, step 2), and that can
    // be as long as the system takes to give up. Its address is logged then, too.
    if (this.#socket.readyState === WebSocket.CONNECTING) this.#socket.close(NORMAL);
    this.close();
    this.#events.lost(how);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // not JSON: ignored, and no reason to disconnect
  }
}
