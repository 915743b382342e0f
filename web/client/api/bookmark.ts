/**
 * What a page needs to resume a talk after a reload. It may be stored: it contains the transcript but no
 * token, and it is useless to anyone who is not signed in as the same person.
 */

import type { TranscriptEntry } from "../conversation/transcript.ts";
import type { Turns } from "../wire/protocol.ts";
import type { TokenRequest } from "./token-request.ts";
import type { Wish } from "./types.ts";

export interface TalkBookmark {
  readonly sessionId: string;
  /** Gemini's resumption handle, valid for two hours; null before Gemini has sent one. */
  readonly handle: string | null;
  /** When it was saved, in milliseconds since 1970 by the server's clock. */
  readonly savedAt: number;
  /** Who ends a turn. Decided when the session begins. */
  readonly turns?: Turns;
  /** The transcript. Gemini gets it if the handle turns out to be unknown. */
  readonly transcript?: readonly TranscriptEntry[];
  /** The options the talk was started with. A session that follows this one gets the same. */
  readonly wish?: Wish;
  /**
   * The requests that its tokens came from; repeating one returns the same token, uncounted. While a
   * newer token is being requested, that request comes first: if the page goes away, only the server
   * knows whether it succeeded.
   */
  readonly requests?: readonly TokenRequest[];
  /** Whether a token is locked to the handle that it was requested with. */
  readonly locked?: boolean;
}
