/**
 * Where a talk can be taken up again, by a page that was reloaded for one. It may be stored: it
 * holds what was said, but no token, and opens nothing for anybody who is not signed in.
 */

import type { TranscriptEntry } from "../conversation/transcript.ts";
import type { Turns } from "../wire/protocol.ts";
import type { TokenRequest } from "./token-request.ts";
import type { Wish } from "./types.ts";

export interface TalkBookmark {
  readonly sessionId: string;
  /** What Gemini remembers the talk by, for two hours; null before it gave any. */
  readonly handle: string | null;
  /** When that was, in milliseconds since 1970 by the server's clock. */
  readonly savedAt: number;
  /** Who ends a turn; decided when the session began. */
  readonly turns?: Turns;
  /** What both sides said; given back to Gemini should the handle find nothing. */
  readonly transcript?: readonly TranscriptEntry[];
  /** What was asked of the talk; asked of the next session when this one is over. */
  readonly wish?: Wish;
  /**
   * What its token was asked for by, and so can be again, uncounted. While a newer one is asked for
   * that comes first: whether it was given is known only to the server, should the page go away.
   */
  readonly requests?: readonly TokenRequest[];
  /** Whether a token resumes by the handle that it was asked for with, and by no other. */
  readonly locked?: boolean;
}
