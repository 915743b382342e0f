/**
 * A talk across many connections, as a pure function from state and event to state and effects. Sockets
 * are numbered. At most two are open: the live one, and the one that will replace it.
 */

import type { LiveErrorData } from "../errors.ts";
import { type Ending, ending } from "./closes.ts";
import {
  type ConnectionState,
  type Happening,
  type Later,
  type Live,
  type Memory,
  START,
  type Step,
} from "./connection.ts";
import {
  afterLoss,
  BACK_OFF_MS,
  connect,
  failed,
  MOST_ASKED,
  reconnecting,
  spread,
  taken,
} from "./recover.ts";

/** After this long, earlier failures no longer count. */
const PROVEN_MS = 10_000;
/** If a resumed connection ends sooner, its handle is to blame. */
const STILLBORN_MS = 2000;
/** How long before Gemini ends a connection it is replaced at the latest. */
const MARGIN_MS = 3000;
const TRY_AGAIN_MS = 1000;
/** How long before the end people are told that the talk may end; until then, renewal is retried. */
const LAST_WORD_MS = 15_000;

/** A connection that is not being replaced. */
const STAYING = { leaving: false, next: null, failures: 0, paused: false, overdue: false } as const;

export function step(now: ConnectionState, event: Happening): Step {
  if (event.on === "close") return { now: { name: "closed" }, effects: [{ do: "end" }] };
  switch (now.name) {
    case "closed":
    case "failed":
      if (event.on !== "open") return stay(now);
      return connect(taken({ ...START, handle: event.handle }, event));
    case "opening":
      if (event.on === "ready" && event.socket === now.last) return opened(now, event.atMs);
      if (event.on === "lost" && event.socket === now.last) {
        const unreached = now.unreached + Number(event.ending.code === 1006);
        return afterLoss({ ...now, unreached }, event.ending, event.chance);
      }
      return between(now, event);
    case "waiting":
      return event.on === "retry" || event.on === "online" ? connect(now) : between(now, event);
    case "asking":
      if (event.on === "grant") return connect(taken(now, event));
      return event.on === "refused" ? refusedWhileDown(now, event.error) : stay(now);
    case "live":
      return live(now, event);
    default:
      return now satisfies never;
  }
}

/** Between two connections, renewal is put off. */
function between(now: ConnectionState & { name: "opening" | "waiting" }, event: Happening): Step {
  if (event.on === "ending") return later(now, TRY_AGAIN_MS, "ending");
  return stay(event.on === "grant" ? taken(now, event) : now);
}

function later(now: ConnectionState, ms: number, happen: Later): Step {
  return { now, effects: [{ do: "after", ms, happen }] };
}

function stay(now: ConnectionState): Step {
  return { now, effects: [] };
}

function opened(now: Memory, atMs: number, refreshing: Live["refreshing"] = null): Step {
  const resumed = now.handle !== null;
  return {
    now: {
      ...now,
      name: "live",
      wasLive: true,
      ...(resumed ? { resumptions: now.resumptions - 1 } : { sessions: now.sessions - 1 }),
      ...STAYING,
      socket: now.last,
      sinceMs: atMs,
      planned: false,
      refreshing,
      resumed,
    },
    effects: [
      { do: "swap", to: now.last },
      {
        do: "tell",
        news: now.wasLive
          ? { is: "reconnected", planned: now.planned, resumed }
          : { is: "open", resumed },
      },
    ],
  };
}

function live(now: Live, event: Happening): Step {
  switch (event.on) {
    case "handle":
      // Gemini sends no handle while it speaks; the last one stays valid.
      return stay(event.handle === null ? now : { ...now, handle: event.handle });
    case "goAway":
      // It reached its maximum age, so its token is proven.
      return leave(now.leaving ? now : { ...now, asked: 0 }, event.timeLeftMs, event.atMs);
    case "quiet":
      return now.leaving && !now.paused ? prepare(now) : stay(now);
    case "deadline":
      return now.leaving ? prepare({ ...now, overdue: true }) : stay(now);
    case "rested":
      // What has waited too long waits for no quiet moment.
      return (now.leaving && now.overdue ? prepare : stay)({ ...now, paused: false });
    case "online":
      // The network may be another one, on which the connection is dead without a word.
      return now.paused ? stay(now) : leave({ ...now, overdue: true }, 0, event.atMs);
    case "ending":
      return now.refreshing === null ? ask(now, "ending") : stay(now);
    case "grant":
      return granted({ ...taken(now, event), refreshing: null }, event.leftMs);
    case "refused":
      return refusedWhileLive(now, event.error, event.leftMs);
    case "ready":
      if (event.socket !== now.next) return stay(now);
      return opened({ ...now, asked: 0, planned: true }, event.atMs, now.refreshing);
    case "lost":
      if (event.socket === now.next) return notReplaced(now, event.ending, event.chance);
      return event.socket === now.socket ? lost(now, event) : stay(now);
    default:
      return stay(now);
  }
}

/** Use a token that is locked to a handle at once: it does not know what is said after that. */
function granted(now: Live, leftMs: number): Step {
  return now.resumptions < Infinity ? prepare(now) : leave(now, leftMs);
}

/**
 * Replace this connection at a quiet moment, or shortly before it ends. One that has just replaced
 * another is kept for a while, whoever asks for the next.
 */
function leave(now: Live, timeLeftMs: number, atMs = Infinity): Step {
  const leaving = { ...now, leaving: true };
  const youngMs = now.resumed ? now.sinceMs + PROVEN_MS - atMs : 0;
  const ms = Math.max(timeLeftMs - MARGIN_MS, youngMs);
  if (ms <= 0) return prepare(leaving);
  return later(leaving, ms, "deadline");
}

/** Open the socket that will replace this one. Pointless without a handle. */
function prepare(now: Live): Step {
  if (now.next !== null || now.handle === null) return stay(now);
  if (now.resumptions <= 0) return now.refreshing === null ? ask(now, "ending") : stay(now);
  if (now.alone) return takeTurns(now);
  const next = now.last + 1;
  return {
    now: { ...now, last: next, next },
    effects: [reconnecting(true), { do: "connect", socket: next, handle: now.handle }],
  };
}

/** Close the live one first, and resume at once. */
function takeTurns(now: Live): Step {
  const { now: opening, effects } = connect({ ...now, planned: true });
  return { now: opening, effects: [reconnecting(true), { do: "hangUp" }, ...effects] };
}

/** The replacement failed; the live connection continues. */
function notReplaced(now: Live, { cause, code }: Ending, chance: number): Step {
  // 1011: Gemini was seen to refuse a resume while the older socket is open (sip-to-ai 14).
  const alone = { ...now, next: null, alone: now.alone || code === 1011 };
  if (cause === "token" && now.refreshing === null) {
    if (now.asked >= MOST_ASKED) return stay(alone);
    return ask({ ...alone, asked: now.asked + 1 }, "refused");
  }
  if (cause === "handle" || cause === "rejected") return stay({ ...alone, handle: null });
  const longest = BACK_OFF_MS.length - 1;
  const failures = cause === "quota" ? longest : Math.min(now.failures + 1, longest);
  const ms = spread(BACK_OFF_MS[failures] ?? 0, chance);
  return later({ ...alone, failures, paused: true }, ms, "rested");
}

function ask(now: Live, why: "ending" | "refused"): Step {
  return { now: { ...now, refreshing: why }, effects: [{ do: "ask", why }] };
}

function lost(now: Live, event: Happening & { on: "lost" }): Step {
  const livedMs = event.atMs - now.sinceMs;
  const { cause } = event.ending;
  const stillborn = now.resumed && livedMs < STILLBORN_MS && now.attempt > 0 && cause !== "history";
  const memory = {
    ...now,
    ...(livedMs >= PROVEN_MS && { attempt: 0, unreached: 0, asked: 0 }),
    ...(stillborn && { handle: null }),
  };
  if (now.next !== null) return { now: { ...memory, name: "opening" }, effects: [] };
  if (now.refreshing !== null) {
    return { now: { ...memory, name: "asking" }, effects: [reconnecting(false)] };
  }
  const step = afterLoss(memory, event.ending, event.chance);
  if (cause !== "rejected") return step;
  return { ...step, effects: [{ do: "forget" }, ...step.effects] };
}

/**
 * Retry the renewal while the old token lasts, and say so once there is no time left. A token requested
 * early, because one was refused, would be another talk and is not requested twice.
 */
function refusedWhileLive(now: Live, error: LiveErrorData, leftMs: number): Step {
  const alone = { ...now, refreshing: null };
  if (now.refreshing === "refused") return stay(alone);
  const ms = Math.max(leftMs / 3, (error.retryAfterS ?? 0) * 1000);
  if (error.retryable === true && leftMs - ms > LAST_WORD_MS) return later(alone, ms, "ending");
  return { now: alone, effects: [{ do: "tell", news: { is: "tokenexpired", error } }] };
}

function refusedWhileDown(now: Memory, error: LiveErrorData): Step {
  // The network failed, and nobody refused: once it is back, the old token may still work.
  if (error.code === "network" || error.code === "timeout")
    return afterLoss(now, ending(1006, error.code), 0.5);
  const over = failed(error);
  if (!now.wasLive) return over;
  return { ...over, effects: [{ do: "tell", news: { is: "tokenexpired", error } }, ...over.effects] };
}
