/**
 * The connections of a talk, between microphone and speaker: the one in use, the one that will replace
 * it, and the previous one, on which Gemini may finish its turn.
 */

import type { Captured } from "../audio/worklets/ports.ts";
import type { TranscriptEntry } from "../conversation/transcript.ts";
import type { Happening } from "./connection.ts";
import type { Fact } from "./facts.ts";
import { TalkHistory } from "./history.ts";
import { type ClientMessage, text } from "./messages.ts";
import { MicrophoneFeed } from "./microphone-feed.ts";
import type { FromWire, Grant, ToldFact, ToWire, WireStats } from "./protocol.ts";
import { LiveSocket } from "./socket.ts";
import { Turn } from "./turn.ts";

/** Longer than Gemini takes to answer, because a pending answer would be lost. */
const QUIET_MS = 2000;

export class Sockets {
  readonly turn: Turn;
  readonly #tell: (message: FromWire) => void;
  readonly #happen: (event: Happening) => void;
  readonly #capture: MessagePort;
  readonly #feed: MicrophoneFeed;
  #history = new TalkHistory();
  readonly #open = new Map<number, LiveSocket>();
  /** Socket numbers; 0 for none. */
  #live = 0;
  #finishing = 0;
  /** Whether the newest was opened without a handle. */
  #fresh = true;
  #resumable = false;
  #busyMs = 0;
  #pending: ClientMessage[] = [];

  constructor(
    { turns, before, capture, playback }: ToWire & { do: "open" },
    tell: (message: FromWire) => void,
    happen: (event: Happening) => void,
  ) {
    this.#tell = tell;
    this.#happen = happen;
    this.#capture = capture;
    this.#feed = new MicrophoneFeed(turns);
    this.turn = new Turn(playback);
    for (const entry of before) this.#history.take(entry);
    this.#history.mark();
    capture.onmessage = ({ data }: MessageEvent<Captured>) => {
      this.#feed.take(data);
      if (this.live !== undefined) this.#feed.flow(this.live);
      this.live?.checkPulse();
      this.#lookForQuiet();
    };
  }

  get stats(): Omit<WireStats, "frames"> {
    return this.#feed.counts;
  }

  get live(): LiveSocket | undefined {
    return this.#open.get(this.#live);
  }

  connect(number: number, grant: Grant, handle: string | null): void {
    this.#fresh = handle === null;
    const socket = new LiveSocket(grant, handle, {
      facts: (facts) => this.#read(number, facts),
      lost: (ending) => {
        this.#open.delete(number);
        if (number === this.#finishing) return this.#finished();
        this.#tell({ is: "lost", ending });
        const atMs = performance.now();
        this.#happen({ on: "lost", socket: number, ending, atMs, chance: Math.random() });
      },
    });
    this.#open.set(number, socket);
  }

  /** Use this socket from now on; Gemini may finish its turn on the previous one. */
  swap(to: number): void {
    this.#finish();
    this.#finishing = this.#live;
    const goesOn = this.live !== undefined && this.turn.busy;
    this.#live = to;
    if (!goesOn) {
      this.#finish();
      this.#remind(true);
    }
    const { live } = this;
    if (live === undefined) return;
    for (const message of this.#pending.splice(0)) live.send(message);
    this.#feed.begin(live);
  }

  /** Add to the transcript for later connections. */
  said(entry: TranscriptEntry): void {
    this.#history.take(entry);
  }

  /** Send text; without a connection, the next one gets it as history. */
  write(entry: TranscriptEntry): void {
    this.said(entry);
    this.live?.send(text(entry.text));
  }

  /** Send a message now, or as soon as there is a connection. */
  send(message: ClientMessage): void {
    const caller = "toolResponse" in message ? this.#finishing : 0;
    const to = this.#open.get(caller) ?? this.live;
    if (to === undefined) this.#pending.push(message);
    else to.send(message);
  }

  /** Do not repeat anything sent so far; it may be what was rejected. */
  forget(): void {
    this.#history = new TalkHistory();
    this.#feed.forget();
  }

  close(): void {
    for (const socket of this.#open.values()) socket.close();
    this.#open.clear();
    this.turn.flush();
    this.#capture.close();
  }

  /** Send the live connection the history it does not know. */
  #remind(answer: boolean): void {
    const message = this.#history.message(this.#fresh, answer);
    if (message !== null) this.live?.send(message);
  }

  #read(number: number, facts: readonly Fact[]): void {
    const told: ToldFact[] = [];
    for (const fact of facts) {
      if (fact.fact === "ready") {
        this.#happen({ on: "ready", socket: number, atMs: performance.now() });
      } else if (number === this.#live || number === this.#finishing) {
        if (number === this.#live) this.#hear(fact);
        const tell = this.turn.take(fact, performance.now());
        if (tell && fact.fact !== "sound") told.push(fact);
        if (fact.fact === "turn" && number === this.#finishing) this.#finished();
      }
    }
    if (told.length > 0) this.#tell({ is: "facts", facts: told });
    this.#lookForQuiet();
  }

  #hear(fact: Fact): void {
    if (fact.fact === "handle") {
      this.#resumable = fact.handle !== null;
      if (this.#resumable && this.#finishing === 0) this.#history.mark();
      this.#happen({ on: "handle", handle: fact.handle });
    } else if (fact.fact === "goAway") {
      this.#happen({ on: "goAway", timeLeftMs: fact.timeLeftMs });
    } else if (fact.fact === "sound" && this.#finishing !== 0) {
      this.#finish(); // Gemini already answers the next one, so the previous turn is moot
      this.turn.flush();
    }
  }

  /** Send the live connection the turn it missed, unless the user is already speaking again. */
  #finished(): void {
    this.#finish();
    if (!this.#feed.speaking) this.#remind(false);
  }

  /** End the turn on the previous connection, finished or not. */
  #finish(): void {
    if (this.#finishing === 0) return;
    this.#open.get(this.#finishing)?.close();
    this.#open.delete(this.#finishing);
    this.#finishing = 0;
    if (this.turn.busy) this.#tell({ is: "facts", facts: [this.turn.cut()] });
  }

  #lookForQuiet(): void {
    const nowMs = performance.now();
    if (this.turn.busy || this.#feed.speaking) this.#busyMs = nowMs;
    else if (this.#resumable && nowMs - this.#busyMs > QUIET_MS) this.#happen({ on: "quiet" });
  }
}
