/**
 * The wire: carries out the page's orders and the state machine's effects. It runs in a worker, where
 * nothing on the page can delay it.
 */

import type { ConnectionState, Effect, Happening, Later, News } from "./connection.ts";
import { step } from "./machine.ts";
import type { FromWire, Grant, ToWire } from "./protocol.ts";
import { Sockets } from "./sockets.ts";
import { Watcher } from "./watcher.ts";

type Timer = ReturnType<typeof setTimeout>;
/** So many sockets in a minute, whatever the reason: what is beyond them waits. */
const MOST_SOCKETS = 12;
const MINUTE_MS = 60_000;

export class Wire {
  readonly #tell: (message: FromWire) => void;
  readonly #watcher = new Watcher({
    look: () => this.#tell({ is: "look" }),
    bufferedBytes: () => this.#sockets?.live?.bufferedBytes ?? Infinity,
    send: (message) => this.#sockets?.send(message),
  });
  /** One for each purpose. Clearing one that has fired does no harm. */
  readonly #timers = new Map<Later | "connect", Timer>();
  /** When each socket was opened. */
  readonly #openedMs: number[] = [];
  #now: ConnectionState = { name: "closed" };
  #grant: Grant | null = null;
  #grantEndsMs = 0;
  #sockets: Sockets | null = null;
  #brokeMs = 0;

  constructor(tell: (message: FromWire) => void) {
    this.#tell = tell;
  }

  obey(order: ToWire): void {
    switch (order.do) {
      case "open":
        return this.#open(order);
      case "grant": {
        const leftMs = this.#leftMs;
        this.#take(order.grant);
        return this.#happen({ ...order.grant, on: "grant", leftMs });
      }
      case "refused":
        return this.#happen({ on: "refused", error: order.error, leftMs: this.#leftMs });
      case "answer":
        return this.#sockets?.answer(order.response);
      case "said":
      case "write":
        return this.#sockets?.[order.do](order.entry);
      case "picture":
        return this.#watcher.show(order.jpeg);
      case "watch":
        return this.#watcher.watch(order.on);
      case "frame":
        return this.#watcher.frame(order.jpeg);
      case "hush":
        return this.#sockets?.turn.hush();
      case "stats":
        return order.to.postMessage(
          this.#sockets && { ...this.#sockets.stats, frames: this.#watcher.frames },
        );
      case "online":
        if (this.#sockets !== null) this.#sockets.doubtful = true;
        return this.#happen({ on: "online", atMs: performance.now() });
      case "close":
        return this.#happen({ on: "close" });
      default:
        order satisfies never;
    }
  }

  #open(order: ToWire & { do: "open" }): void {
    const { grant, handle } = order;
    this.#sockets = new Sockets(order, this.#tell, (event) => this.#happen(event));
    this.#take(grant);
    this.#happen({ ...grant, on: "open", handle });
  }

  #take(grant: Grant): void {
    this.#grant = grant;
    this.#grantEndsMs = performance.now() + grant.expiresInMs;
    this.#after(grant.renewInMs, "ending");
  }

  get #leftMs(): number {
    return this.#grantEndsMs - performance.now();
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
      case "hangUp":
        return this.#sockets?.hangUp();
      case "swap":
        return this.#sockets?.swap(effect.to);
      case "ask":
        return this.#tell({ is: "ask", why: effect.why });
      case "after":
        return this.#after(effect.ms, effect.happen);
      case "forget":
        return this.#sockets?.forget();
      case "tell":
        return this.#report(effect.news);
      case "end":
        return this.#end();
      default:
        effect satisfies never;
    }
  }

  #connect(socket: number, handle: string | null): void {
    const nowMs = performance.now();
    const waitMs = (this.#openedMs.at(-MOST_SOCKETS) ?? -MINUTE_MS) + MINUTE_MS - nowMs;
    if (waitMs > 0) return this.#time("connect", waitMs, () => this.#connect(socket, handle));
    this.#openedMs.push(nowMs);
    if (this.#grant !== null) this.#sockets?.connect(socket, this.#grant, handle);
  }

  #report(news: News): void {
    const broke = news.is === "reconnecting";
    if (broke && this.#brokeMs === 0) this.#brokeMs = performance.now();
    this.#tell({ is: "news", news, tookMs: performance.now() - this.#brokeMs });
    if (!broke) this.#brokeMs = 0;
  }

  #after(ms: number, what: Later): void {
    this.#time(what, ms, () => this.#happen({ on: what }));
  }

  /** Set the timer of this purpose anew. */
  #time(what: Later | "connect", ms: number, act: () => void): void {
    clearTimeout(this.#timers.get(what));
    this.#timers.set(what, setTimeout(act, ms));
  }

  #end(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#sockets?.close();
    this.#watcher.watch(false);
    this.#grant = null;
  }
}
