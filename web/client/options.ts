/** Options for creating and starting a talk. */

import type { TalkBookmark } from "./api/bookmark.ts";
import type { LiveApi } from "./api/token-source.ts";
import type { Wish } from "./api/types.ts";
import type { ToolHandlers } from "./conversation/tools.ts";

export interface LiveTalkOptions {
  readonly tokens: LiveApi;
  /** What answers Gemini's calls, by the tool's name. Ask for the tools in the wish, too. */
  readonly tools?: ToolHandlers;
}

export interface StartOptions {
  /** What to request of the token: model, voice, tools, turn detection. */
  readonly wish?: Wish;
  /**
   * Resume an earlier talk, with the options it began with. While its token lives, that token is used
   * again, uncounted. After that, resuming costs a refresh, or a mint if the session has expired. The
   * earlier transcript is emitted as events, before `asking`.
   */
  readonly resume?: TalkBookmark;
  /**
   * A device id; empty is the system's, which is also used, after an `error`, where the device is
   * missing. Null starts a talk by text only and asks for no permission.
   */
  readonly microphone?: string | null;
  /**
   * A device id; empty is the system's. If the device is missing, there is an `error`, and the system's
   * is used.
   */
  readonly speaker?: string;
  readonly muted?: boolean;
  /** Aborts the start, not the talk. */
  readonly signal?: AbortSignal;
}
