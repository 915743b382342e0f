/** The words of the connection machine: where a talk can be, what can happen, what to do. */

import type { LiveErrorData } from "../errors.ts";
import type { Ending } from "./closes.ts";

/** What is known wherever the talk is. */
export interface Memory {
  /** The number of the newest socket. */
  readonly last: number;
  /** The newest handle that resumes the talk. */
  readonly handle: string | null;
  /** Connections that failed since one was proven. */
  readonly attempt: number;
  /** Tokens asked for because one was refused or spent, since a connection was proven. */
  readonly asked: number;
  /** New sessions that the token can still start; resuming is none. */
  readonly sessions: number;
  /** Connections that it can still resume the talk with. */
  readonly resumptions: number;
  /** Whether the talk ever was live: what follows is a reconnect. */
  readonly wasLive: boolean;
}

export interface Live extends Memory {
  readonly name: "live";
  readonly socket: number;
  readonly sinceMs: number;
  /** Whether it was opened with a handle. */
  readonly resumed: boolean;
  /** Whether it ends soon and is to be replaced. */
  readonly leaving: boolean;
  /** The socket that is being opened to replace it. */
  readonly next: number | null;
  /** Why a new token is on its way; null: none is. */
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
  asked: 0,
  sessions: 1,
  resumptions: Infinity,
  wasLive: false,
};

/** What a token is good for. */
export type Uses = Pick<Memory, "sessions" | "resumptions">;

/** Times are of a clock that never runs backwards; `chance` is from 0 to 1. */
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
  | { readonly on: "goAway"; readonly timeLeftMs: number }
  /** Nobody speaks, and what was said can be resumed from. */
  | { readonly on: "quiet" }
  /** The quiet moment did not come. */
  | { readonly on: "deadline" }
  /** The token ends soon. */
  | { readonly on: "ending" }
  /** A new token; the old one lives for `leftMs` more. */
  | (Uses & { readonly on: "grant"; readonly leftMs: number })
  /** No new token; the old one lives for `leftMs` more. */
  | { readonly on: "refused"; readonly error: LiveErrorData; readonly leftMs: number }
  | { readonly on: "retry" }
  | { readonly on: "online" };

export type Effect =
  | { readonly do: "connect"; readonly socket: number; readonly handle: string | null }
  /** Speak over this socket from now on, and close the one before. */
  | { readonly do: "swap"; readonly to: number }
  | { readonly do: "ask"; readonly why: "ending" | "refused" | "fresh" }
  | { readonly do: "after"; readonly ms: number; readonly happen: "retry" | "deadline" | "ending" }
  /** Send nothing again of what was sent until now: it may be what was refused. */
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
