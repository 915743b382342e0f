/** The events of a talk. Each is a `CustomEvent`; the name determines the type of `detail`. */

import type { TalkBookmark } from "./api/bookmark.ts";
import type { Limits, SessionSummary } from "./api/types.ts";
import type { TalkUsage } from "./conversation/cost.ts";
import type { TranscriptEntry } from "./conversation/transcript.ts";
import type { LiveError } from "./errors.ts";
import type { VideoSource, TalkState } from "./state.ts";

export interface LiveEvents {
  /** `talk.state` has changed. */
  state: { readonly state: TalkState; readonly previous: TalkState };
  /** The first connection is ready. With `resumed`, Gemini knows an earlier talk, from a bookmark. */
  open: { readonly session: SessionSummary; readonly resumed: boolean };
  /** Nothing is open any more. */
  close: { readonly reason: "stopped" | "failed" };
  /** Something failed. The talk continues unless a `state` of `failed` follows. */
  error: { readonly error: LiveError };
  /** The bookmark has changed; null once the session is over for good. */
  bookmark: { readonly bookmark: TalkBookmark | null };
  /** Gemini's voice has started or stopped playing. */
  audio: { readonly playing: boolean };
  /** Loudness of both sides, 0 to 1, about 25 times a second. */
  volume: { readonly microphone: number; readonly speaker: number };
  /** Gemini stopped because someone interrupted it. */
  interrupted: Record<string, never>;
  /**
   * A turn after a question ended with nothing in it; `reason` is Gemini's `turnCompleteReason`,
   * often empty. `inARow` counts them.
   */
  emptyturn: { readonly reason: string; readonly inARow: number };
  /** An entry of `talk.transcript` is new or has changed. */
  transcript: { readonly entry: TranscriptEntry };
  /** Gemini calls a tool, whose handler now runs. */
  toolcall: { readonly id: string; readonly name: string; readonly args: ToolArguments };
  /** A tool reports how far it is. */
  toolprogress: { readonly id: string; readonly name: string; readonly value: unknown };
  /**
   * A tool's answer has been sent. `error` is what Gemini got instead, as for a name without a handler.
   * Unless `delivered`, the connection that made the call was gone, and Gemini was told in words.
   */
  toolresult: {
    readonly id: string;
    readonly name: string;
    readonly ok: boolean;
    readonly delivered: boolean;
    readonly error?: string | undefined;
  };
  /** Gemini cancels calls; their handlers are aborted, and no answer is sent. */
  toolcancel: { readonly ids: readonly string[] };
  /** The sources of an answer, with search on. */
  sources: { readonly queries: readonly string[]; readonly sources: readonly Source[] };
  /** The tokens and cost of a turn, and of the talk so far. */
  usage: TalkUsage;
  /** Our API has reported what is left of the limits. */
  limits: { readonly limits: Limits };
  /**
   * A new token has arrived, in a new session if the previous one had expired. Never contains the token.
   */
  tokenrefresh: { readonly session: SessionSummary; readonly expiresInMs: number };
  /**
   * The token expires soon or was refused, and cannot be renewed. The talk continues until it expires.
   */
  tokenexpired: { readonly error: LiveError };
  /** `planned`: the connection is replaced before Gemini ends it, unnoticed. Otherwise it was lost. */
  reconnecting: { readonly planned: boolean; readonly attempt: number; readonly waitMs: number };
  /** With `resumed` false, Gemini has lost the memory of the talk. */
  reconnected: { readonly planned: boolean; readonly resumed: boolean; readonly tookMs: number };
  reconnectfailed: { readonly error: LiveError };
  /** Gemini will end this connection; it is replaced before that. */
  goaway: { readonly timeLeftMs: number };
  /** The camera or the screen has started, changed or stopped; `stream` is for a preview. */
  video: { readonly source: VideoSource | "none"; readonly stream: MediaStream | null };
  /** The devices have changed, or a different one is used. */
  devices: Devices;
  /** For developers: what happened on the wire, without tokens or sound. */
  wire: { readonly what: string; readonly detail?: unknown };
}

export type ToolArguments = Readonly<Record<string, unknown>>;

export interface Source {
  readonly uri: string;
  readonly title: string;
}

export interface Device {
  readonly id: string;
  /** Empty until the microphone has been allowed once. */
  readonly label: string;
}

export interface Devices {
  readonly microphones: readonly Device[];
  readonly speakers: readonly Device[];
  readonly cameras: readonly Device[];
  /** The id of the microphone in use, or null. */
  readonly microphone: string | null;
  /** The id of the chosen speaker; empty is the system's. */
  readonly speaker: string;
}

export type LiveEventName = keyof LiveEvents;
/** Emits an event of the talk; handed to its parts. */
export type Emit = <Name extends LiveEventName>(name: Name, detail: LiveEvents[Name]) => void;
export type LiveEvent<Name extends LiveEventName> = CustomEvent<LiveEvents[Name]>;
export type LiveListener<Name extends LiveEventName> = (event: LiveEvent<Name>) => void;

/** An `EventTarget` with typed events. `on` returns a function that detaches the listener. */
export class LiveEventTarget extends EventTarget {
  on<Name extends LiveEventName>(name: Name, listener: LiveListener<Name>): () => void {
    const heard = (event: Event): void => listener(event as LiveEvent<Name>);
    this.addEventListener(name, heard);
    return () => this.removeEventListener(name, heard);
  }

  protected emit<Name extends LiveEventName>(name: Name, detail: LiveEvents[Name]): void {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
