/** What to do when a connection is lost or fails. Pure, part of the state machine. */

import type { LiveErrorData } from "../errors.ts";
import type { Ending } from "./closes.ts";
import type { ConnectionState, Effect, Memory, Step, Uses } from "./connection.ts";

/** Waits before each attempt, in milliseconds, before they are randomised. */
export const BACK_OFF_MS = [0, 500, 2000, 8000, 15_000];
/** People give up sooner at the start than in the middle of a talk. */
const ATTEMPTS_TO_START = 3;
/** Each token requested early may be another talk, so only one is requested when a token is refused. */
export const MOST_ASKED = 1;
/** In total, including one for a session that ended early. */
const MOST_FRESH = 2;
/** Failed resumptions after which the talk continues without Gemini's memory. */
const MOST_RESUMPTIONS = 2;

/** Switch to a new token. If it cannot resume, the talk begins again. */
export function taken<M extends Memory>(now: M, { sessions, resumptions }: Uses): M {
  return { ...now, sessions, resumptions, handle: resumptions > 0 ? now.handle : null };
}

/** Open a socket, if the token allows one more. */
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
      // No need to wait: the connection works, only the memory is lost.
      if (memory.handle !== null) return connect({ ...memory, handle: null });
      return again(memory, ending, chance);
    case "rejected":
      // A resumption can fail like this; without a handle it is our setup, and would fail again.
      if (memory.handle === null && !memory.wasLive) return fail("gemini-refused", ending);
      return again({ ...memory, handle: memory.attempt > 0 ? null : memory.handle }, ending, chance);
    case "model":
      return fail("model-unavailable", ending);
    case "account":
      return fail("gemini-account", ending);
    case "quota":
      // Not tried again: a second token would be spent on the same refusal.
      return fail("gemini-quota", ending);
    case "history":
    case "dropped":
    case "ended":
      return again(memory, ending, chance);
  }
}

function again(memory: Memory, ending: Ending, chance: number): Step {
  // 1006 means that there was no network; anything else came from Gemini and may be about the handle.
  const isRefused = ending.code !== 1006;
  // What never reached Gemini says nothing of what it would have answered.
  const tried = memory.attempt - (isRefused ? memory.unreached : 0);
  const limit = memory.wasLive ? BACK_OFF_MS.length : ATTEMPTS_TO_START;
  if (tried >= limit) return fail(lastWord(ending), ending);
  const waitMs = spread(BACK_OFF_MS[tried] ?? 0, chance);
  const attempt = memory.attempt + 1;
  const doubtful = isRefused && tried >= MOST_RESUMPTIONS && ending.cause !== "history";
  const handle = doubtful ? null : memory.handle;
  // Gemini may need a moment to see that the connection whose place this one takes was closed.
  const planned = memory.planned && attempt === 1 && ending.code === 1011;
  const next = { ...memory, attempt, handle, planned };
  const told = tell(next, waitMs);
  if (waitMs > 0) {
    const effects: Effect[] = [...told, { do: "after", ms: waitMs, happen: "retry" }];
    return { now: { ...next, name: "waiting" }, effects };
  }
  const step = connect(next);
  return { now: step.now, effects: [...told, ...step.effects] };
}

/** Randomise a wait by a fifth, so that many clients do not return at once. */
export function spread(ms: number, chance: number): number {
  return Math.round(ms * (0.8 + 0.4 * chance));
}

function ask(memory: Memory, why: "refused" | "fresh", ending?: Ending): Step {
  const most = why === "fresh" ? MOST_FRESH : MOST_ASKED;
  if (memory.asked >= most) return fail("token-refused", ending);
  const asked = memory.asked + 1;
  const now: ConnectionState = { ...memory, name: "asking", asked };
  return {
    now,
    effects: [...tell({ ...memory, attempt: asked, planned: false }, 0), { do: "ask", why }],
  };
}

function tell(memory: Memory, waitMs: number): Effect[] {
  return memory.wasLive ? [reconnecting(memory.planned, memory.attempt, waitMs)] : [];
}

export function reconnecting(planned: boolean, attempt = 1, waitMs = 0): Effect {
  return { do: "tell", news: { is: "reconnecting", planned, attempt, waitMs } };
}

function lastWord(ending: Ending): LiveErrorData["code"] {
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
