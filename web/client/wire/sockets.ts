/**
 * The connections of a talk, between microphone and speaker: the one in use, the one that will replace
 * it, and the previous one, on which Gemini may finish its turn.
 */

import type { Captured } from "../audio/worklets/ports.ts";
import type { TranscriptEntry } from "../conversation/transcript.ts";
import { ending, type Ending } from "./closes.ts";
import type { Happening } from "./connection.ts";
import type { Fact } from "./facts.ts";
import { TalkHistory } from "./history.ts";
import { type ClientMessage, type FunctionResponse, text, toolResponse } from "./messages.ts";
import { MicrophoneFeed } from "./microphone-feed.ts";
import { OpenCalls } from "./open-calls.ts";
import type { FromWire, Grant, ToldFact, ToWire, WireStats } from "./protocol.ts";
import { LiveSocket } from "./socket.ts";
import { Turn } from "./turn.ts";

/** Longer than Gemini takes to answer, because a pending answer would be lost. */
const QUIET_MS = 2000;
/** So much longer a connection is kept that has just replaced another, if nothing presses. */
const KEPT_MS = 8000;
const LOOK_MS = 1000;
/** How long Gemini may take to say anything at all about what was spoken. */
const SIGN_MS = 8000;

export class Sockets {
  readonly turn: Turn;
  /** Whether what was sent last may not have arrived. */
  doubtful: boolean;
  readonly #tell: (message: FromWire) => void;
  readonly #happen: (event: Happening) => void;
  readonly #capture: MessagePort;
  readonly #feed: MicrophoneFeed;
  readonly #history = new TalkHistory();
  readonly #calls = new OpenCalls();
  readonly #open = new Map<number, LiveSocket>();
  /** Socket numbers; 0 for none. */
  #live = 0;
  #finishing = 0;
  /** Whether the newest was opened without a handle. */
  #fresh = true;
  #model = "";
  #resumable = false;
  #busyMs = 0;
  #pending: ClientMessage[] = [];
  /** What was written while somebody spoke. */
  #written: ClientMessage[] = [];
  readonly #looking: ReturnType<typeof setInterval>;
  /** By when Gemini must have said something; it doubles while it does not. */
  #signByMs = Infinity;
  #patience = 1;
  #left: Promise<void> | undefined;

  constructor(
    { turns, before, capture, playback }: ToWire & { do: "open" },
    tell: (message: FromWire) => void,
    happen: (event: Happening) => void,
  ) {
    this.doubtful = false;
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
      this.#sendWritten();
      this.#lookForQuiet();
    };
    this.#looking = setInterval(() => this.#look(), LOOK_MS);
  }

  get stats(): Omit<WireStats, "frames"> {
    return this.#feed.counts;
  }

  get live(): LiveSocket | undefined {
    return this.#open.get(this.#live);
  }

  connect(number: number, grant: Grant, handle: string | null): void {
    this.#fresh = handle === null;
    this.#model = String(grant.setup.model);
    const setup = { ...grant.setup, ...this.#history.announce(this.#model, this.#fresh) };
    const events = {
      facts: (facts: readonly Fact[]) => this.#read(number, facts),
      lost: (ending: Ending) => {
        this.#open.delete(number);
        if (number === this.#finishing) return this.#finished();
        this.#lost(number, ending);
      },
    };
    try {
      this.#open.set(number, new LiveSocket({ ...grant, setup }, handle, events, this.#left));
    } catch (cause) {
      // Not at once: whoever asked for the socket must first know that it has.
      queueMicrotask(() => events.lost(ending(1006, String(cause))));
    }
    this.#left = undefined;
  }

  /** The next one takes the place of the live one, which Gemini will not have beside it. */
  hangUp(): void {
    this.#history.leave(performance.now());
    this.#left = this.live?.leave();
    this.#open.delete(this.#live);
  }

  /** Use this socket from now on; Gemini may finish its turn on the previous one. */
  swap(to: number): void {
    if (this.live !== undefined) {
      this.#sendWritten(true);
      this.#history.leave(performance.now());
      this.#busyMs = performance.now() + KEPT_MS;
    }
    this.#written = [];
    this.#signByMs = Infinity;
    this.#finish();
    this.#finishing = this.#live;
    const goesOn = this.live !== undefined && this.turn.busy;
    this.#live = to;
    if (!goesOn) {
      this.#finish();
      this.#remind("ask");
    }
    const { live } = this;
    if (live === undefined) return;
    for (const message of this.#pending.splice(0)) live.send(message);
    this.#feed.begin(live, this.doubtful);
    this.doubtful = false;
  }

  /** Add to the transcript for later connections. */
  said(entry: TranscriptEntry): void {
    this.#history.take(entry);
  }

  /**
   * Send text; without a connection, the next one gets it as history. It waits until a sentence is over
   * that is being spoken, muted or not: text counts as activity, too, and the streams have no order
   * (ai.google.dev/api/live), so that the end of the sentence could take its answer away.
   */
  write(entry: TranscriptEntry): void {
    this.said(entry);
    if (this.live !== undefined) this.#written.push(text(entry.text));
    this.#sendWritten();
    setTimeout(() => this.#sendWritten(true), QUIET_MS);
  }

  /** Send a message now, or as soon as there is a connection. */
  send(message: ClientMessage): void {
    if (this.live === undefined) this.#pending.push(message);
    else this.live.send(message);
  }

  /** Answer a call; where who made it is gone, Gemini is told in words and need not call again. */
  answer({ scheduling, ...response }: FunctionResponse): void {
    const { id, name } = response;
    const caller = this.#open.get(this.#calls.take(id));
    // Extended thinking ends the connection at it (openclaw 152413).
    const timed = scheduling !== undefined && !this.#model.includes("extended-thinking");
    const answer = timed ? { ...response, scheduling } : response;
    if (caller !== undefined) caller.send(toolResponse([answer]));
    else this.send(text(`${name} answered: ${JSON.stringify(response.response)}`));
    this.#tell({ is: "answered", response, delivered: caller !== undefined });
  }

  /** Do not repeat anything sent so far; it may be what was rejected. */
  forget(): void {
    this.#history.forget();
    this.#feed.forget();
  }

  close(): void {
    clearInterval(this.#looking);
    for (const socket of this.#open.values()) socket.close();
    this.#open.clear();
    this.turn.flush();
    this.#capture.close();
  }

  /** Send the live connection the history it does not know. What a tool works for is not asked again. */
  #remind(how: "ask" | "add"): void {
    const asking = how === "ask" && this.#calls.size > 0 ? "tell" : how;
    const messages = this.#history.messages(this.#fresh, asking, performance.now());
    for (const message of messages) this.live?.send(message);
  }

  #sendWritten(isLate = false): void {
    if (this.#feed.ring.isTurnOpen && !isLate) return;
    for (const message of this.#written.splice(0)) this.live?.send(message);
  }

  /** Once a second: is the connection alive? */
  #look(): void {
    const { live } = this;
    const isHeard = live?.look() ?? false;
    this.#feed.ring.look(isHeard);
    const nowMs = performance.now();
    if (this.#feed.ring.speaking) this.#signByMs = nowMs + SIGN_MS * this.#patience;
    if (nowMs < this.#signByMs) return;
    this.#signByMs = Infinity;
    this.#patience *= 2;
    live?.giveUp();
  }

  /** What is refused right after history is the history, and not the handle (livekit/agents 5262). */
  #lost(socket: number, how: Ending): void {
    const atMs = performance.now();
    const isLive = socket === this.#live;
    const refused = isLive && how.cause === "rejected" && this.#history.refused(atMs);
    const why = refused ? ({ ...how, cause: "history" } as const) : how;
    if (isLive) {
      this.#history.leave(atMs);
      this.doubtful = true;
    }
    this.#tell({ is: "lost", ending: why });
    this.#happen({ on: "lost", socket, ending: why, atMs, chance: Math.random() });
  }

  #read(number: number, facts: readonly Fact[]): void {
    const told: ToldFact[] = [];
    if (number === this.#live) this.#signByMs = Infinity;
    for (const fact of facts) {
      if (fact.fact === "ready") {
        this.#happen({ on: "ready", socket: number, atMs: performance.now() });
      } else if (number === this.#live || number === this.#finishing) {
        this.#calls.note(number, fact);
        if (number === this.#live) this.#hear(fact);
        if (fact.fact !== "handle") this.#patience = 1;
        if (fact.fact === "turn") {
          told.push(...this.turn.end(fact));
          if (number === this.#finishing) this.#finished();
        } else if (this.turn.take(fact, performance.now()) && fact.fact !== "sound") {
          told.push(fact);
        }
      }
    }
    if (told.length > 0) this.#tell({ is: "facts", facts: told });
    this.#lookForQuiet();
  }

  #hear(fact: Fact): void {
    if (fact.fact === "handle") {
      this.#history.handle(performance.now());
      this.#resumable = fact.handle !== null;
      if (this.#resumable && this.#finishing === 0) this.#history.mark();
      this.#happen({ on: "handle", handle: fact.handle });
    } else if (fact.fact === "goAway") {
      this.#happen({ on: "goAway", timeLeftMs: fact.timeLeftMs, atMs: performance.now() });
    } else if (fact.fact === "sound" && this.#finishing !== 0) {
      this.#finish(); // Gemini already answers the next one, so the previous turn is moot
      this.turn.flush();
    }
  }

  /** Send the live connection the turn it missed, unless the user is already speaking again. */
  #finished(): void {
    this.#finish();
    if (!this.#feed.ring.speaking) this.#remind("add");
  }

  /** End the turn on the previous connection, finished or not. */
  #finish(): void {
    if (this.#finishing === 0) return;
    this.#open.get(this.#finishing)?.close();
    this.#open.delete(this.#finishing);
    this.#finishing = 0;
    if (this.turn.busy) this.#tell({ is: "facts", facts: this.turn.cut() });
  }

  #lookForQuiet(): void {
    const nowMs = performance.now();
    if (this.turn.busy || this.#feed.ring.speaking || this.#calls.of(this.#live)) this.#busyMs = nowMs;
    else if (this.#resumable && nowMs - this.#busyMs > QUIET_MS) this.#happen({ on: "quiet" });
  }
}
