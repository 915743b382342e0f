/** What follows when a connection is lost or did not come to be: pure, part of the machine. */

import type { LiveErrorData } from "../errors.ts";
import type { Ending } from "./closes.ts";
import type { ConnectionState, Effect, Memory, Step, Uses } from "./connection.ts";

/** Before each attempt; the first is at once. Varied by a fifth, so that a crowd spreads out. */
export const BACK_OFF_MS = [0, 500, 2000, 8000, 15_000];
/** Somebody who waits for a start gives up sooner than somebody in the middle of a talk. */
const ATTEMPTS_TO_START = 3;
/** Of tokens that are asked for before their time each may be another talk: one for a refused one. */
export const MOST_ASKED = 1;
/** In all, with one for a session that was begun and did not last. */
const MOST_FRESH = 2;
/** Resumptions that Gemini ends before the talk goes on without its memory. */
const MOST_RESUMPTIONS = 2;

/** Take what a new token is good for. One that resumes nothing begins anew. */
export function taken<M extends Memory>(now: M, { sessions, resumptions }: Uses): M {
  return { ...now, sessions, resumptions, handle: resumptions > 0 ? now.handle : null };
}

/** Open a socket, if the token has one more for it. */
export function connect(memory: Memory): Step {
  const fresh = memory.handle === null;
  if ((fresh ? memory.sessions : memory.resumptions) <= 0)
    return ask(memory, fresh ? "fresh" : "refused");
  const last = memory.last + 1;
  return {
    now: { ...memory, name: "opening", last },
    effects: [{ do: "connect", socket: last, handle: memory.handle }],
  };
}

export function afterLoss(memory: Memory, ending: Ending, chance: number): Step {
  switch (ending.cause) {
    case "token":
      return ask(memory, "refused", ending);
    case "handle":
      // Not worth a wait: the connection is good, only the memory is gone.
      if (memory.handle !== null) return connect({ ...memory, handle: null });
      return again(memory, ending, chance);
    case "rejected":
      // A resumption may be refused so; without a handle it is our setup, and stays refused.
      if (memory.handle === null && !memory.wasLive) return fail("gemini-refused", ending);
      return again({ ...memory, handle: memory.attempt > 0 ? null : memory.handle }, ending, chance);
    case "model":
      return fail("model-unavailable", ending);
    case "quota":
    case "dropped":
    case "ended":
      return again(memory, ending, chance);
  }
}

function again(memory: Memory, ending: Ending, chance: number): Step {
  const limit = memory.wasLive ? BACK_OFF_MS.length : ATTEMPTS_TO_START;
  const base = BACK_OFF_MS[memory.attempt];
  if (base === undefined || memory.attempt >= limit) return fail(lastWord(ending), ending);
  const waitMs = Math.round(base * (0.8 + 0.4 * chance));
  const attempt = memory.attempt + 1;
  // 1006 is a network that is not there; anything else was said by Gemini, maybe of the handle.
  const doubtful = attempt > MOST_RESUMPTIONS && ending.code !== 1006;
  const handle = doubtful ? null : memory.handle;
  const next = { ...memory, attempt, handle };
  const told = tell(next, waitMs);
  if (waitMs > 0) {
    const effects: Effect[] = [...told, { do: "after", ms: waitMs, happen: "retry" }];
    return { now: { ...next, name: "waiting" }, effects };
  }
  const step = connect(next);
  return { now: step.now, effects: [...told, ...step.effects] };
}

function ask(memory: Memory, why: "refused" | "fresh", ending?: Ending): Step {
  const most = why === "fresh" ? MOST_FRESH : MOST_ASKED;
  if (memory.asked >= most) return fail("token-refused", ending);
  const asked = memory.asked + 1;
  const now: ConnectionState = { ...memory, name: "asking", asked };
  return { now, effects: [...tell({ ...memory, attempt: asked }, 0), { do: "ask", why }] };
}

function tell(memory: Memory, waitMs: number): Effect[] {
  return memory.wasLive ? [reconnecting(false, memory.attempt, waitMs)] : [];
}

export function reconnecting(planned: boolean, attempt = 1, waitMs = 0): Effect {
  return { do: "tell", news: { is: "reconnecting", planned, attempt, waitMs } };
}

function lastWord(ending: Ending): LiveErrorData["code"] {
  if (ending.cause === "quota") return "gemini-quota";
  return ending.cause === "rejected" ? "gemini-refused" : "gemini-unreachable";
}

export function fail(code: LiveErrorData["code"], ending?: Ending): Step {
  const retryable = code === "gemini-unreachable" || code === "gemini-quota";
  const detail = ending === undefined ? code : `${ending.code} ${ending.reason}`.trim();
  return failed({ code, retryable, detail });
}

export function failed(error: LiveErrorData): Step {
  return {
    now: { name: "failed", error },
    effects: [{ do: "tell", news: { is: "failed", error } }, { do: "end" }],
  };
}
