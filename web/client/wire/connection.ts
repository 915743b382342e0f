/** The types of the state machine: states, events and effects. */

import type { LiveErrorData } from "../errors.ts";
import type { Ending } from "./closes.ts";

/** What every state but the first and the last has. */
export interface Memory {
  /** Number of the newest socket. */
  readonly last: number;
  /** Newest handle that resumes the talk. */
  readonly handle: string | null;
  /** Failed connections since the last proven one, and how many of them never opened. */
  readonly attempt: number;
  readonly unreached: number;
  /** Tokens requested, since the last proven connection, because one was refused or used up. */
  readonly asked: number;
  /** New sessions the token can still start. Resuming needs none. */
  readonly sessions: number;
  /** Connections that can still resume the talk with this token. */
  readonly resumptions: number;
  /** Whether the talk has ever been live; then any further connection is a reconnect. */
  readonly wasLive: boolean;
  /** Whether Gemini refuses a second socket beside the live one: then that is closed first. */
  readonly alone: boolean;
  /** Whether the socket that is opening replaces one that we closed ourselves. */
  readonly planned: boolean;
}

export interface Live extends Memory {
  readonly name: "live";
  readonly socket: number;
  readonly sinceMs: number;
  /** Whether it resumed by a handle. */
  readonly resumed: boolean;
  /** Whether it will end soon and must be replaced. */
  readonly leaving: boolean;
  /** Number of the socket being opened to replace it, or null. */
  readonly next: number | null;
  /** Replacements that failed; after each there is a pause. */
  readonly failures: number;
  /** Whether that pause is not over. */
  readonly paused: boolean;
  /** Whether the quiet moment did not come in time. */
  readonly overdue: boolean;
  /** Why a new token has been requested; null if none has. */
  readonly refreshing: "ending" | "refused" | null;
}

export type ConnectionState =
  | { readonly name: "closed" }
  | (Memory & { readonly name: "opening" })
  | (Memory & { readonly name: "waiting" })
  | (Memory & { readonly name: "asking" })
  | Live
  | { readonly name: "failed"; readonly error: LiveErrorData };

export const START: Memory = {
  last: 0,
  handle: null,
  attempt: 0,
  unreached: 0,
  asked: 0,
  sessions: 1,
  resumptions: Infinity,
  wasLive: false,
  alone: false,
  planned: false,
};

/** How often a token can be used. */
export type Uses = Pick<Memory, "sessions" | "resumptions">;

/** Times are from a monotonic clock, in milliseconds; `chance` is from 0 to 1. */
export type Happening =
  | (Uses & { readonly on: "open"; readonly handle: string | null })
  | { readonly on: "close" }
  | { readonly on: "ready"; readonly socket: number; readonly atMs: number }
  | {
      readonly on: "lost";
      readonly socket: number;
      readonly ending: Ending;
      readonly atMs: number;
      readonly chance: number;
    }
  | { readonly on: "handle"; readonly handle: string | null }
  | { readonly on: "goAway"; readonly timeLeftMs: number; readonly atMs: number }
  /** Nobody is speaking, and the talk so far can be resumed. */
  | { readonly on: "quiet" }
  /** There was no quiet moment. */
  | { readonly on: "deadline" }
  /** The pause after a replacement that failed is over. */
  | { readonly on: "rested" }
  /** The token will expire soon. */
  | { readonly on: "ending" }
  /** A new token; the old one is valid for `leftMs` more. */
  | (Uses & { readonly on: "grant"; readonly leftMs: number })
  /** The new token was refused; the old one is valid for `leftMs` more. */
  | { readonly on: "refused"; readonly error: LiveErrorData; readonly leftMs: number }
  | { readonly on: "retry" }
  /** The network is back, or another one. */
  | { readonly on: "online"; readonly atMs: number };

/** What happens after a time. */
export type Later = "retry" | "deadline" | "rested" | "ending";

export type Effect =
  | { readonly do: "connect"; readonly socket: number; readonly handle: string | null }
  /** Close the live socket: the next one takes its place. */
  | { readonly do: "hangUp" }
  /** Use this socket from now on, and close the one before. */
  | { readonly do: "swap"; readonly to: number }
  | { readonly do: "ask"; readonly why: "ending" | "refused" | "fresh" }
  | { readonly do: "after"; readonly ms: number; readonly happen: Later }
  /** Do not repeat anything sent so far; it may be what was rejected. */
  | { readonly do: "forget" }
  | { readonly do: "tell"; readonly news: News }
  /** Close everything. */
  | { readonly do: "end" };

export type News =
  | { readonly is: "open"; readonly resumed: boolean }
  | {
      readonly is: "reconnecting";
      readonly planned: boolean;
      readonly attempt: number;
      readonly waitMs: number;
    }
  | { readonly is: "reconnected"; readonly planned: boolean; readonly resumed: boolean }
  | { readonly is: "tokenexpired"; readonly error: LiveErrorData }
  | { readonly is: "failed"; readonly error: LiveErrorData };

export interface Step {
  readonly now: ConnectionState;
  readonly effects: readonly Effect[];
}
