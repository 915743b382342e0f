/** The events of a talk, each a `CustomEvent` whose `detail` is typed by its name. */

import type { TalkBookmark } from "./api/bookmark.ts";
import type { Limits, SessionSummary } from "./api/types.ts";
import type { TalkUsage } from "./conversation/cost.ts";
import type { TranscriptEntry } from "./conversation/transcript.ts";
import type { LiveError } from "./errors.ts";
import type { VideoSource, TalkState } from "./state.ts";

export interface LiveEvents {
  /** Any change of `talk.state`. */
  state: { readonly state: TalkState; readonly previous: TalkState };
  /** The first connection is set up. `resumed`: Gemini knows what was said before, from a bookmark. */
  open: { readonly session: SessionSummary; readonly resumed: boolean };
  /** Nothing is open any more. */
  close: { readonly reason: "stopped" | "failed" };
  /** Something failed; the talk goes on unless a `state` of `failed` follows. */
  error: { readonly error: LiveError };
  /** Where the talk can be taken up again changed; null when its session is over for good. */
  bookmark: { readonly bookmark: TalkBookmark | null };
  /** Gemini's voice began to be heard, or all of it was heard. */
  audio: { readonly playing: boolean };
  /** Loudness of both sides, 0 to 1, about 25 times a second. */
  volume: { readonly microphone: number; readonly speaker: number };
  /** Gemini stopped since somebody spoke over it. */
  interrupted: Record<string, never>;
  /** An entry of `talk.transcript` is new or has changed. */
  transcript: { readonly entry: TranscriptEntry };
  /** Gemini calls a tool; its handler runs. */
  toolcall: { readonly id: string; readonly name: string; readonly args: ToolArguments };
  /** A tool's answer was sent. */
  toolresult: { readonly id: string; readonly name: string; readonly ok: boolean };
  /** Gemini takes calls back; their handlers are aborted and not answered for. */
  toolcancel: { readonly ids: readonly string[] };
  /** Where an answer was found, when search is on. */
  sources: { readonly queries: readonly string[]; readonly sources: readonly Source[] };
  /** What a turn cost in tokens, and the talk until now. */
  usage: TalkUsage;
  /** Our API answered how much of the limits is left. */
  limits: { readonly limits: Limits };
  /** A new token is here, of another session where the one before was over. Never has the token. */
  tokenrefresh: { readonly session: SessionSummary; readonly expiresInMs: number };
  /** The token ends soon, or was refused, and no new one is to be had; a talk goes on to its end. */
  tokenexpired: { readonly error: LiveError };
  /** `planned`: before Gemini ends a connection, unnoticed. Else the connection was lost. */
  reconnecting: { readonly planned: boolean; readonly attempt: number; readonly waitMs: number };
  /** `resumed` is false when Gemini forgot what was said before. */
  reconnected: { readonly planned: boolean; readonly resumed: boolean; readonly tookMs: number };
  reconnectfailed: { readonly error: LiveError };
  /** Gemini will end this connection; it is replaced before that. */
  goaway: { readonly timeLeftMs: number };
  /** Camera or screen started, changed or stopped; `stream` is for a preview. */
  video: { readonly source: VideoSource | "none"; readonly stream: MediaStream | null };
  /** Devices came or went, or another one is used. */
  devices: Devices;
  /** For the developer drawer: what happened on the wire, never a token and never sound. */
  wire: { readonly what: string; readonly detail?: unknown };
}

export type ToolArguments = Readonly<Record<string, unknown>>;

export interface Source {
  readonly uri: string;
  readonly title: string;
}

export interface Device {
  readonly id: string;
  /** Empty until the microphone was allowed once. */
  readonly label: string;
}

export interface Devices {
  readonly microphones: readonly Device[];
  readonly speakers: readonly Device[];
  readonly cameras: readonly Device[];
  /** The microphone in use, null when none is. */
  readonly microphone: string | null;
  /** The chosen speaker; empty is the system's. */
  readonly speaker: string;
}

export type LiveEventName = keyof LiveEvents;
/** How the parts of a talk speak: through the talk's own events. */
export type Emit = <Name extends LiveEventName>(name: Name, detail: LiveEvents[Name]) => void;
export type LiveEvent<Name extends LiveEventName> = CustomEvent<LiveEvents[Name]>;
export type LiveListener<Name extends LiveEventName> = (event: LiveEvent<Name>) => void;

/** An `EventTarget` that knows its events. `on` returns what detaches. */
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
