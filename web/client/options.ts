/** What a talk is made and started with. */

import type { TalkBookmark } from "./api/bookmark.ts";
import type { LiveApi } from "./api/token-source.ts";
import type { Wish } from "./api/types.ts";

export interface LiveTalkOptions {
  readonly tokens: LiveApi;
}

export interface StartOptions {
  /** What to ask of the token: model, voice, tools, turn detection. */
  readonly wish?: Wish;
  /**
   * Take up a talk where it was left, with the wish it began with. While its token lives that is had
   * again and nothing is counted; after it, it costs a refresh, or with its session over a mint. Its
   * transcript comes again as events, before `asking`.
   */
  readonly resume?: TalkBookmark;
  /** A device id; empty is the system's; null talks by text only and asks for no permission. */
  readonly microphone?: string | null;
  /** A device id; empty is the system's. With one that is gone there is an `error`, and the system's. */
  readonly speaker?: string;
  readonly muted?: boolean;
  /** Gives up the start, not the talk. */
  readonly signal?: AbortSignal;
}
