/** What a talk is doing now. Views are drawn from this alone. */

import type { LiveError } from "./errors.ts";

export type TalkState =
  /** Nothing is open. */
  | { readonly name: "idle" }
  /** The browser is asking for the microphone. Nothing has been counted yet. */
  | { readonly name: "asking" }
  /** A token has been requested. */
  | { readonly name: "authorizing" }
  /** The socket to Gemini is being set up. Speech is kept meanwhile. */
  | { readonly name: "connecting" }
  /** Both can speak. Planned reconnects happen within this state. */
  | LiveState
  /** The connection was lost and is being opened again. Speech is kept meanwhile. */
  | ReconnectingState
  /** Everything is being closed. */
  | { readonly name: "closing" }
  /** The talk has been ended. */
  | { readonly name: "closed" }
  /** The talk has failed. If `error.retryable`, `start` may be called again. */
  | { readonly name: "failed"; readonly error: LiveError };

export interface LiveState extends Open {
  readonly name: "live";
}

export interface ReconnectingState extends Open {
  readonly name: "reconnecting";
  readonly attempt: number;
  /** Milliseconds until the next attempt; 0 during one. */
  readonly waitMs: number;
}

/** A talk that has begun, connected or reconnecting. */
interface Open {
  /** Whether `mute` has muted the microphone. */
  readonly muted: boolean;
  /** Who is speaking: Gemini, until its last sample has been played. */
  readonly speaking: "nobody" | "model";
  /**
   * `hold`: the microphone is open between `pushToTalk("down")` and `"up"`. `automatic`: Gemini detects
   * turns.
   */
  readonly turns: "automatic" | "hold";
  /** Whether push-to-talk is held down. */
  readonly holding: boolean;
  readonly video: VideoSource | "none";
  /** What keeps one side from hearing the other now; null again once it is over. */
  readonly trouble: Trouble | null;
}

export type Trouble =
  /** The browser plays nothing before the person touches the page; a tap anywhere is enough. */
  | "autoplay-blocked"
  /** Sound does not start although the browser allows it: there is nothing to play it. */
  | "speaker-missing"
  /**
   * The system has stopped all sound, as for a phone call. It resumes once the system allows it, at the
   * latest with the next tap.
   */
  | "sound-stopped"
  /** The system or the browser has muted the microphone. */
  | "microphone-muted"
  /** Nothing but zeros has come from the microphone for 15 seconds, or nothing at all for two. */
  | "microphone-silent";

export type VideoSource = "camera" | "screen";
