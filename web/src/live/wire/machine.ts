/**
 * A talk over many connections, as a pure function: what happened in, what to do out. Sockets are
 * numbered; at most two are open, the one that is live and the one that will replace it.
 */

import type { LiveErrorData } from "../errors.ts";
import { ending } from "./closes.ts";
import {
  type Connection,
  type Happening,
  type Live,
  type Memory,
  START,
  type Step,
} from "./connection.ts";
import { afterLoss, connect, failed, reconnecting } from "./recover.ts";

/** A connection that lived this long owes nothing to the failures before it. */
const PROVEN_MS = 10_000;
/** A resumed connection that died sooner died of its handle. */
const STILLBORN_MS = 2000;
/** Before Gemini ends a connection, it is left; quiet moment or not. */
const MARGIN_MS = 3000;
const TRY_AGAIN_MS = 1000;

export function step(now: Connection, event: Happening): Step {
  if (event.on === "close") return { now: { name: "closed" }, effects: [{ do: "end" }] };
  switch (now.name) {
    case "closed":
    case "failed":
      if (event.on !== "open") return stay(now);
      return connect({ ...START, sessions: event.sessions, handle: event.handle });
    case "opening":
      if (event.on === "ready" && event.socket === now.last) return opened(now, event.atMs);
      if (event.on === "lost" && event.socket === now.last) {
        return afterLoss(now, event.ending, event.chance);
      }
      return stay(event.on === "grant" ? { ...now, sessions: event.sessions } : now);
    case "waiting":
      if (event.on === "grant") return stay({ ...now, sessions: event.sessions });
      return event.on === "retry" || event.on === "online" ? connect(now) : stay(now);
    case "asking":
      if (event.on === "grant") return connect({ ...now, sessions: event.sessions });
      return event.on === "refused" ? refusedWhileDown(now, event.error) : stay(now);
    case "live":
      return live(now, event);
    default:
      return now satisfies never;
  }
}

function stay(now: Connection): Step {
  return { now, effects: [] };
}

function opened(now: Memory, atMs: number): Step {
  const resumed = now.handle !== null;
  return {
    now: {
      ...now,
      name: "live",
      wasLive: true,
      asked: 0,
      sessions: resumed ? now.sessions : now.sessions - 1,
      socket: now.last,
      sinceMs: atMs,
      leaving: false,
      next: null,
      refreshing: false,
      resumed,
    },
    effects: [
      { do: "swap", to: now.last },
      {
        do: "tell",
        news: now.wasLive
          ? { is: "reconnected", planned: false, resumed }
          : { is: "open", resumed },
      },
    ],
  };
}

function live(now: Live, event: Happening): Step {
  switch (event.on) {
    case "handle":
      // While Gemini speaks there is no handle; the last one stays good.
      return stay(event.handle === null ? now : { ...now, handle: event.handle });
    case "goAway":
      return leave(now, event.timeLeftMs);
    case "quiet":
    case "deadline":
      return now.leaving ? prepare(now) : stay(now);
    case "ending":
      if (now.refreshing) return stay(now);
      return { now: { ...now, refreshing: true }, effects: [{ do: "ask", why: "ending" }] };
    case "grant":
      return leave({ ...now, refreshing: false, sessions: event.sessions }, event.oldLeftMs);
    case "refused":
      return refusedWhileLive(now, event.error);
    case "ready":
      return event.socket === now.next ? swapped(now, event.atMs) : stay(now);
    case "lost":
      if (event.socket === now.next) return notReplaced(now, event.ending.cause);
      return event.socket === now.socket ? lost(now, event) : stay(now);
    default:
      return stay(now);
  }
}

/** This connection ends soon: replace it at a quiet moment, or shortly before. */
function leave(now: Live, timeLeftMs: number): Step {
  const leaving = { ...now, leaving: true };
  const ms = timeLeftMs - MARGIN_MS;
  if (ms <= 0) return prepare(leaving);
  return { now: leaving, effects: [{ do: "after", ms, happen: "deadline" }] };
}

/** Open the socket that will replace this one. Without a handle there is nothing to gain. */
function prepare(now: Live): Step {
  if (now.next !== null || now.handle === null) return stay(now);
  const next = now.last + 1;
  return {
    now: { ...now, last: next, next },
    effects: [
      reconnecting(true),
      { do: "connect", socket: next, handle: now.handle },
    ],
  };
}

function swapped(now: Live, atMs: number): Step {
  return {
    now: { ...now, socket: now.last, next: null, leaving: false, sinceMs: atMs, resumed: true },
    effects: [
      { do: "swap", to: now.last },
      { do: "tell", news: { is: "reconnected", planned: true, resumed: true } },
    ],
  };
}

/** The replacement did not come to be; the live connection still is. */
function notReplaced(now: Live, cause: string): Step {
  const alone = { ...now, next: null };
  if (cause === "token" && !now.refreshing) {
    return { now: { ...alone, refreshing: true }, effects: [{ do: "ask", why: "refused" }] };
  }
  if (cause === "handle" || cause === "rejected") return stay({ ...alone, handle: null });
  return { now: alone, effects: [{ do: "after", ms: TRY_AGAIN_MS, happen: "deadline" }] };
}

function lost(now: Live, event: Happening & { on: "lost" }): Step {
  const livedMs = event.atMs - now.sinceMs;
  const attempt = livedMs >= PROVEN_MS ? 0 : now.attempt;
  const stillborn = now.resumed && livedMs < STILLBORN_MS && attempt > 0;
  const memory = { ...now, attempt, handle: stillborn ? null : now.handle };
  if (now.next !== null) return { now: { ...memory, name: "opening" }, effects: [] };
  if (now.refreshing) return { now: { ...memory, name: "asking" }, effects: [reconnecting(false)] };
  const step = afterLoss(memory, event.ending, event.chance);
  if (event.ending.cause !== "rejected") return step;
  return { ...step, effects: [{ do: "forget" }, ...step.effects] };
}

function refusedWhileLive(now: Live, error: LiveErrorData): Step {
  const alone = { ...now, refreshing: false };
  if (error.retryable === true) {
    const ms = (error.retryAfterS ?? 5) * 1000;
    return { now: alone, effects: [{ do: "after", ms, happen: "ending" }] };
  }
  return { now: alone, effects: [{ do: "tell", news: { is: "tokenexpired", error } }] };
}

function refusedWhileDown(now: Memory, error: LiveErrorData): Step {
  // The network is away, and nobody has refused: once it is back, the old token may still do.
  if (/network|timeout/.test(error.code)) return afterLoss(now, ending(1006, error.code), 0.5);
  const over = failed(error);
  if (!now.wasLive) return over;
  return { ...over, effects: [{ do: "tell", news: { is: "tokenexpired", error } }, ...over.effects] };
}
