/**
 * The wire: does what the connection machine says. Sockets, JSON, base64 and the microphone's
 * ring are here, in a worker, where nothing that the page does can delay them.
 */

import type { Captured, ToPlay } from "../../worklets/link.ts";
import type { Connection, Effect, Happening } from "./connection.ts";
import type { Fact } from "./facts.ts";
import type { FromWire, Grant, Told, ToWire, Turns, WireStats } from "./link.ts";
import { step } from "./machine.ts";
import { MicrophoneFeed } from "./microphone-feed.ts";
import type { ClientMessage } from "./messages.ts";
import { LiveSocket } from "./socket.ts";
import { TurnGate } from "./turn-gate.ts";
import { Watcher } from "./watcher.ts";

/** A token is renewed when a fifth of its life is left, but not sooner than 2 minutes before. */
const RENEW_SHARE = 0.2;
const RENEW_MS = 120_000;
const MOST_PENDING = 50;

export class Wire {
  readonly #tell: (message: FromWire) => void;
  readonly #watcher = new Watcher({
    look: () => this.#tell({ is: "look" }),
    bufferedBytes: () => this.#live?.bufferedBytes ?? null,
    send: (message) => this.#send(message),
  });
  readonly #sockets = new Map<number, LiveSocket>();
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  #now: Connection = { name: "closed" };
  #grant: Grant | null = null;
  #grantEndsMs = 0;
  #liveNumber = 0;
  #feed = new MicrophoneFeed("automatic");
  #gate = new TurnGate();
  /** Whether Gemini is in a turn, and whether it can be resumed from now. */
  #busy = false;
  #resumable = false;
  #pending: ClientMessage[] = [];
  #capture: MessagePort | null = null;
  #playback: MessagePort | null = null;
  #brokeMs = 0;
  #setupBeganMs = 0;
  #setupMs = 0;

  constructor(tell: (message: FromWire) => void) {
    this.#tell = tell;
  }

  obey(order: ToWire): void {
    switch (order.do) {
      case "open":
        return this.#open(order.grant, order.turns, order.handle);
      case "capture":
        this.#capture = order.port;
        order.port.onmessage = ({ data }: MessageEvent<Captured>) => this.#heard(data);
        return;
      case "playback":
        this.#playback = order.port;
        return;
      case "grant": {
        const oldLeftMs = this.#grantEndsMs - performance.now();
        this.#take(order.grant);
        return this.#happen({ on: "grant", sessions: order.grant.sessions, oldLeftMs });
      }
      case "refused":
        return this.#happen({ on: "refused", error: order.error });
      case "send":
        return this.#send(order.message);
      case "picture":
        void this.#watcher.show(order.bitmap);
        return;
      case "watch":
        return this.#watcher.watch(order.on);
      case "frame":
        void this.#watcher.frame(order.bitmap);
        return;
      case "hush":
        this.#gate.hush();
        return this.#play("flush");
      case "online":
        return this.#happen({ on: "online" });
      case "stats":
        return this.#tell({ is: "stats", stats: this.#stats() });
      case "close":
        return this.#happen({ on: "close" });
      default:
        order satisfies never;
    }
  }

  get #live(): LiveSocket | undefined {
    return this.#sockets.get(this.#liveNumber);
  }

  #open(grant: Grant, turns: Turns, handle: string | null): void {
    this.#feed = new MicrophoneFeed(turns);
    this.#gate = new TurnGate();
    this.#busy = this.#resumable = false;
    this.#pending = [];
    this.#take(grant);
    this.#happen({ on: "open", sessions: grant.sessions, handle });
  }

  #take(grant: Grant): void {
    this.#grant = grant;
    this.#grantEndsMs = performance.now() + grant.expiresInMs;
    const early = Math.min(RENEW_MS, grant.lifeMs * RENEW_SHARE);
    this.#after(Math.max(0, grant.expiresInMs - early), "ending");
  }

  #happen(event: Happening): void {
    const { now, effects } = step(this.#now, event);
    this.#now = now;
    for (const effect of effects) this.#do(effect);
  }

  #do(effect: Effect): void {
    switch (effect.do) {
      case "connect":
        return this.#connect(effect.socket, effect.handle);
      case "swap":
        return this.#swap(effect.to);
      case "ask":
        return this.#tell({ is: "ask", why: effect.why });
      case "after":
        return this.#after(effect.ms, effect.happen);
      case "forgetMicrophone":
        return this.#feed.forget();
      case "tell":
        if (effect.news.is === "reconnecting" && this.#brokeMs === 0) {
          this.#brokeMs = performance.now();
        }
        this.#tell({ is: "news", news: effect.news, tookMs: performance.now() - this.#brokeMs });
        if (effect.news.is !== "reconnecting") this.#brokeMs = 0;
        return;
      case "end":
        return this.#end();
      default:
        effect satisfies never;
    }
  }

  #connect(number: number, handle: string | null): void {
    if (this.#grant === null) return;
    this.#setupBeganMs = performance.now();
    const socket = new LiveSocket(this.#grant, handle, {
      facts: (facts) => this.#read(number, facts),
      lost: (ending) => {
        this.#sockets.delete(number);
        this.#tell({ is: "lost", ending });
        const atMs = performance.now();
        this.#happen({ on: "lost", socket: number, ending, atMs, chance: Math.random() });
      },
    });
    this.#sockets.set(number, socket);
  }

  /** From here on this socket is spoken over; the one before has nothing left to say. */
  #swap(to: number): void {
    const old = this.#live;
    if (to !== this.#liveNumber) this.#sockets.delete(this.#liveNumber);
    this.#liveNumber = to;
    const live = this.#live;
    if (live === undefined) return;
    if (this.#busy) {
      // The turn that was being spoken is lost with its connection: let it end where it is.
      this.#busy = false;
      this.#gate = new TurnGate();
      this.#play("end");
    }
    for (const message of this.#pending.splice(0)) live.send(message);
    this.#feed.begin(live);
    old?.close();
  }

  #read(number: number, facts: readonly Fact[]): void {
    const told: Told[] = [];
    for (const fact of facts) {
      if (fact.fact === "ready") {
        this.#setupMs = performance.now() - this.#setupBeganMs;
        this.#happen({ on: "ready", socket: number, atMs: performance.now() });
      }
      if (number !== this.#liveNumber) continue;
      if (!this.#gate.passes(fact, performance.now())) continue;
      if (fact.fact === "sound") this.#play(fact.pcm);
      else if (fact.fact !== "ready") told.push(fact);
      this.#note(fact);
    }
    if (told.length > 0) this.#tell({ is: "facts", facts: told });
    this.#lookForQuiet();
  }

  #note(fact: Fact): void {
    switch (fact.fact) {
      case "sound":
      case "wrote":
      case "calls":
        this.#busy = true;
        return;
      case "interrupted":
        return this.#play("flush");
      case "generated":
        return this.#play("end");
      case "turn":
        this.#busy = false;
        return this.#play("end");
      case "handle":
        this.#resumable = fact.handle !== null;
        return this.#happen({ on: "handle", handle: fact.handle });
      case "goAway":
        return this.#happen({ on: "goAway", timeLeftMs: fact.timeLeftMs });
      default:
    }
  }

  #heard(captured: Captured): void {
    this.#feed.take(captured);
    const live = this.#live;
    if (live !== undefined) this.#feed.flow(live);
    live?.checkPulse();
    this.#lookForQuiet();
  }

  #lookForQuiet(): void {
    if (this.#now.name !== "live" || !this.#now.leaving || this.#now.next !== null) return;
    const quiet = this.#resumable && !this.#busy && !this.#feed.speaking;
    if (quiet) this.#happen({ on: "quiet" });
  }

  #send(message: ClientMessage): void {
    const live = this.#live;
    if (live !== undefined) live.send(message);
    else if (this.#pending.length < MOST_PENDING) this.#pending.push(message);
  }

  #play(toPlay: ToPlay): void {
    this.#playback?.postMessage(toPlay, typeof toPlay === "string" ? [] : [toPlay]);
  }

  #after(ms: number, happen: "retry" | "deadline" | "ending"): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#happen({ on: happen });
    }, ms);
    this.#timers.add(timer);
  }

  #end(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    for (const socket of this.#sockets.values()) socket.close();
    this.#sockets.clear();
    this.#liveNumber = 0;
    this.#watcher.watch(false);
    this.#play("flush");
    this.#capture?.close();
    this.#capture = this.#playback = null;
    this.#grant = null;
    this.#pending = [];
  }

  #stats(): WireStats {
    return {
      ...this.#feed.counts,
      frames: this.#watcher.frames,
      sockets: "last" in this.#now ? this.#now.last : 0,
      setupMs: this.#setupMs,
    };
  }
}
