/** Everything the page shows, as one value. The view is drawn from this alone. */
import type {
  Config,
  Devices,
  Limits,
  Session,
  SessionSummary,
  TalkBookmark,
  TalkState,
  VideoSource,
} from "../../client/index.ts";
import type { Preferences } from "../../site/preferences.ts";
import type { ShellState } from "../../site/shell.ts";
import type { Person } from "../../site/sign-in/sign-in.ts";
import { next } from "../talk/limits.ts";
import type { Line } from "../transcript/lines.ts";

export type AppState = ShellState | SignedIn;

export interface SignedIn {
  readonly name: "signed-in";
  readonly person: Person;
  readonly config: Config;
  /** Undefined until first loaded. */
  readonly limits: Limits | undefined;
  readonly talk: TalkState;
  readonly lines: readonly Line[];
  /** What failed without ending the talk; shown until it is dismissed. */
  readonly notice: Notice | undefined;
  /** When the talk went live, by this device's clock. */
  readonly liveSinceMs: number | undefined;
  /** Cost of this talk so far, in US dollars. */
  readonly cost: number;
  readonly pass: Pass | undefined;
  readonly resumable: Resumable | undefined;
  readonly video: { readonly source: VideoSource; readonly stream: MediaStream } | undefined;
  readonly devices: Devices;
  readonly attached: Attached | undefined;
  readonly panel: "none" | "settings" | "sessions";
  readonly sessions: SessionList;
  readonly drawer: DrawerState | undefined;
  readonly preferences: Preferences;
  /** The times by this device's and the server's clock, at the last tick or change. */
  readonly nowMs: number;
  readonly serverNowMs: number;
}

/** What the page shows of a token: its expiry and its session, never the token. */
export interface Pass {
  readonly session: SessionSummary;
  readonly expiresAtMs: number;
}

/** Where the last talk was left, and until when it can be resumed, by the server's clock. */
export interface Resumable {
  readonly bookmark: TalkBookmark;
  /** Until then, resuming stays in its session. */
  readonly untilMs: number;
  /** Until then, it can be resumed in a new session, which is counted. */
  readonly rememberedUntilMs: number;
}

export interface Notice {
  /** A code of the API, of the client or of the page. */
  readonly code: string;
  readonly violated: readonly string[];
  /** Set if the pass could not be renewed: when the talk may end. */
  readonly endsAtMs?: number;
  /** Set if this device's clock is off: by how much it is ahead of the server's. */
  readonly aheadMs?: number;
}

export interface Attached {
  readonly blob: Blob;
  readonly name: string;
  /** The blob: address of its preview. */
  readonly url: string;
}

export type SessionList =
  | { readonly name: "unread" }
  | { readonly name: "loading" }
  | { readonly name: "failed" }
  | { readonly name: "read"; readonly sessions: readonly Session[] };

export interface DrawerState {
  readonly events: readonly WireEvent[];
  readonly latencies: readonly Latency[];
}

export interface Latency {
  readonly name: string;
  readonly lastMs: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
}

export interface WireEvent {
  readonly id: number;
  readonly atMs: number;
  readonly what: string;
  readonly detail: string;
}

/** Whether the talk can be resumed now: in its session, or in a new one while Gemini remembers it. */
export function canResume({ resumable, limits, serverNowMs }: SignedIn): boolean {
  if (resumable === undefined) return false;
  if (serverNowMs < resumable.untilMs) return true;
  const canStart = limits !== undefined && next(limits, serverNowMs).kind === "now";
  return canStart && serverNowMs < resumable.rememberedUntilMs;
}
