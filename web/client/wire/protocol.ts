/** The messages between the page and the wire's worker. */

import type { TranscriptEntry } from "../conversation/transcript.ts";
import type { LiveErrorData } from "../errors.ts";
import type { Ending } from "./closes.ts";
import type { News } from "./connection.ts";
import type { Fact } from "./facts.ts";
import type { FunctionResponse } from "./messages.ts";

/** A token and how to use it. Kept in memory only, in the page's call and in the worker. */
export interface Grant {
  readonly url: string;
  readonly token: string;
  readonly setup: Readonly<Record<string, unknown>>;
  /** Time until it expires, by the server's clock. */
  readonly expiresInMs: number;
  /** Time until the next one should be requested. */
  readonly renewInMs: number;
  /** How many new sessions it can start. */
  readonly sessions: number;
  /** How many connections it can resume: unlimited, one if it is locked to a handle, or none. */
  readonly resumptions: number;
}

/** The facts that the page gets; the others stay in the worker. */
export type ToldFact = Exclude<Fact, { fact: "ready" | "sound" }>;

export type Turns = "automatic" | "hold";

export type ToWire =
  /** Open a connection; with a handle, resume by it. */
  | {
      readonly do: "open";
      readonly grant: Grant;
      readonly turns: Turns;
      readonly handle: string | null;
      /** The transcript so far. */
      readonly before: readonly TranscriptEntry[];
      /** Ports of the microphone's and the speaker's worklets. */
      readonly capture: MessagePort;
      readonly playback: MessagePort;
    }
  | { readonly do: "grant"; readonly grant: Grant }
  | { readonly do: "refused"; readonly error: LiveErrorData }
  /** What a tool answered. */
  | { readonly do: "answer"; readonly response: FunctionResponse }
  /** An entry of the transcript is new or has changed. */
  | { readonly do: "said"; readonly entry: TranscriptEntry }
  /** The user typed this entry: send it, and add it to the transcript. */
  | { readonly do: "write"; readonly entry: TranscriptEntry }
  /** An image to send now. */
  | { readonly do: "picture"; readonly jpeg: Uint8Array }
  /** Whether a camera or the screen is on; if so, `look` requests a frame about once a second. */
  | { readonly do: "watch"; readonly on: boolean }
  /** The answer to `look`, if there is a frame. */
  | { readonly do: "frame"; readonly jpeg: Uint8Array }
  /** Drop the rest of this turn. */
  | { readonly do: "hush" }
  | { readonly do: "online" }
  | { readonly do: "stats"; readonly to: MessagePort }
  | { readonly do: "close" };

export type FromWire =
  | { readonly is: "warm" }
  | { readonly is: "news"; readonly news: News; readonly tookMs: number }
  | { readonly is: "facts"; readonly facts: readonly ToldFact[] }
  | { readonly is: "ask"; readonly why: "ending" | "refused" | "fresh" }
  | { readonly is: "look" }
  /** A tool's answer was sent: to the connection that made the call, or else in words to the next. */
  | { readonly is: "answered"; readonly response: FunctionResponse; readonly delivered: boolean }
  | { readonly is: "lost"; readonly ending: Ending };

/** Messages after the first. */
export type WireNews = Exclude<FromWire, { is: "warm" }>;

/** For developers and tests. */
export interface WireStats {
  /** Chunks of 20 ms from the microphone. */
  readonly captured: number;
  readonly sent: number;
  /** Sent again, so that a new connection gets a whole sentence. */
  readonly repeated: number;
  /** Dropped, because they were too old once there was a connection. */
  readonly lost: number;
  readonly frames: number;
}
