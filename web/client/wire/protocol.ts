/** What crosses between the page and the wire's worker. */

import type { TranscriptEntry } from "../conversation/transcript.ts";
import type { LiveErrorData } from "../errors.ts";
import type { Ending } from "./closes.ts";
import type { News } from "./connection.ts";
import type { Fact } from "./facts.ts";
import type { ClientMessage } from "./messages.ts";

/** A token and what it opens. Held in memory only, in the page's call and in the worker. */
export interface Grant {
  readonly url: string;
  readonly token: string;
  readonly setup: Readonly<Record<string, unknown>>;
  /** By the server's clock, from now. */
  readonly expiresInMs: number;
  /** When to ask for the one that follows it, from now. */
  readonly renewInMs: number;
  /** New sessions it can start. */
  readonly sessions: number;
  /** Connections it can resume a talk with: any number, or one where it locks the handle, or none. */
  readonly resumptions: number;
}

/** What the page hears of: all but what stays in the worker. */
export type ToldFact = Exclude<Fact, { fact: "ready" | "sound" }>;

export type Turns = "automatic" | "hold";

export type ToWire =
  /** With a handle it takes up what Gemini remembers by it. */
  | {
      readonly do: "open";
      readonly grant: Grant;
      readonly turns: Turns;
      readonly handle: string | null;
      /** What was said in it until then. */
      readonly before: readonly TranscriptEntry[];
      /** Of the microphone and of the speaker, straight from their worklets. */
      readonly capture: MessagePort;
      readonly playback: MessagePort;
    }
  | { readonly do: "grant"; readonly grant: Grant }
  | { readonly do: "refused"; readonly error: LiveErrorData }
  | { readonly do: "send"; readonly message: ClientMessage }
  /** An entry of the transcript is new or has changed. */
  | { readonly do: "said"; readonly entry: TranscriptEntry }
  /** The user wrote this entry: send it, and remember it as said. */
  | { readonly do: "write"; readonly entry: TranscriptEntry }
  /** A picture to send now. */
  | { readonly do: "picture"; readonly bitmap: ImageBitmap }
  /** Whether there is something to watch; then `look` is asked for about once a second. */
  | { readonly do: "watch"; readonly on: boolean }
  /** The answer to `look`; null: nothing to see at the moment. */
  | { readonly do: "frame"; readonly bitmap: ImageBitmap | null }
  /** Be deaf to the rest of this turn. */
  | { readonly do: "hush" }
  | { readonly do: "online" }
  | { readonly do: "stats" }
  | { readonly do: "close" };

export type FromWire =
  | { readonly is: "warm" }
  | { readonly is: "news"; readonly news: News; readonly tookMs: number }
  | { readonly is: "facts"; readonly facts: readonly ToldFact[] }
  | { readonly is: "ask"; readonly why: "ending" | "refused" | "fresh" }
  | { readonly is: "look" }
  | { readonly is: "lost"; readonly ending: Ending }
  | { readonly is: "stats"; readonly stats: WireStats | null };

/** What is not the answer to a question of the page's. */
export type WireNews = Exclude<FromWire, { is: "warm" | "stats" }>;

/** For a developer, and the tests. */
export interface WireStats {
  /** Chunks of 20 ms that the microphone gave. */
  readonly captured: number;
  readonly sent: number;
  /** Sent again, so that a sentence is whole on a new connection. */
  readonly repeated: number;
  /** Too old to be sent when there was a connection again. */
  readonly lost: number;
  readonly frames: number;
}
