/** All that the page shows, as one value: the view is drawn from it and from nothing else. */
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
  /** Undefined until they were read once. */
  readonly limits: Limits | undefined;
  readonly talk: TalkState;
  readonly lines: readonly Line[];
  /** What failed without ending the talk; said until it is dismissed. */
  readonly notice: Notice | undefined;
  /** When the talk became live, by this device's clock; undefined before. */
  readonly liveSinceMs: number | undefined;
  /** USD, of this talk. */
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
  /** This device's clock and the server's, at the last tick or change. */
  readonly nowMs: number;
  readonly serverNowMs: number;
}

/** What the page says of a token: how long it lasts and whose it is, never the token. */
export interface Pass {
  readonly session: SessionSummary;
  readonly expiresAtMs: number;
}

/** Where the last talk was left, and until when it can be taken up again, by the server's clock. */
export interface Resumable {
  readonly bookmark: TalkBookmark;
  /** In its session; it costs no new one. */
  readonly untilMs: number;
  /** In a new one, which counts as such. */
  readonly rememberedUntilMs: number;
}

export interface Notice {
  /** Of the API, of the live client, or one of the page's own. */
  readonly code: string;
  readonly violated: readonly string[];
  /** Why the pass could not be renewed: the talk may end then. */
  readonly endsAtMs?: number;
}

export interface Attached {
  readonly blob: Blob;
  readonly name: string;
  /** blob: address of its preview. */
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

/** Whether it can be taken up now: in its session, or as long as Gemini remembers it in a new one. */
export function canResume({ resumable, limits, serverNowMs }: SignedIn): boolean {
  if (resumable === undefined) return false;
  if (serverNowMs < resumable.untilMs) return true;
  const canStart = limits !== undefined && next(limits, serverNowMs).kind === "now";
  return canStart && serverNowMs < resumable.rememberedUntilMs;
}
