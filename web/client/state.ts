/** What a talk is doing now; a view is drawn from it and from nothing else. */

import type { LiveError } from "./errors.ts";

export type TalkState =
  /** Nothing is open. */
  | { readonly name: "idle" }
  /** The browser asks for the microphone; nothing was counted yet. */
  | { readonly name: "asking" }
  /** A token is on its way. */
  | { readonly name: "authorizing" }
  /** The socket to Gemini is being set up; what is spoken meanwhile is kept. */
  | { readonly name: "connecting" }
  /** Both can speak. A planned change of the connection happens within this state. */
  | LiveState
  /** The connection was lost and is being opened again; what is spoken meanwhile is kept. */
  | ReconnectingState
  /** Everything is being closed. */
  | { readonly name: "closing" }
  /** It is over, because somebody said so. */
  | { readonly name: "closed" }
  /** It is over, and this is why. `start` may be tried again when `error.retryable`. */
  | { readonly name: "failed"; readonly error: LiveError };

export interface LiveState extends Open {
  readonly name: "live";
}

export interface ReconnectingState extends Open {
  readonly name: "reconnecting";
  readonly attempt: number;
  /** Milliseconds until the next attempt; 0 while one runs. */
  readonly waitMs: number;
}

/** What a talk is like that has begun, with a connection or between two. */
interface Open {
  /** Whether the microphone is muted by `mute`. */
  readonly muted: boolean;
  /** Who is heard. Gemini is heard until the last sample was played. */
  readonly speaking: "nobody" | "model";
  /** `hold`: the microphone is open while `pushToTalk("down")` holds it; else Gemini notices. */
  readonly turns: "automatic" | "hold";
  /** Whether push-to-talk is down. */
  readonly holding: boolean;
  readonly video: VideoSource | "none";
}

export type VideoSource = "camera" | "screen";
