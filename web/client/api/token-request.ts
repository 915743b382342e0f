/**
 * What a token is asked for by. The same request gives the same token again, uncounted, as long as
 * that lives: so it may be stored where the token may not, and opens nothing for anybody who is not
 * signed in as the one who asked.
 */

import type { Wish } from "./types.ts";

export interface TokenRequest {
  readonly idempotencyKey: string;
  readonly body: Asked;
}

/** Of a mint, or of a refresh. */
export type Asked = Wish | Refresh;

interface Refresh {
  readonly sessionId: string;
  /** Where tokens lock what they resume. */
  readonly resumptionHandle?: string;
}

export function isRefresh(asked: Asked): asked is Refresh {
  return "sessionId" in asked;
}

export function resumesBy(asked: Asked): string | null {
  return (isRefresh(asked) && asked.resumptionHandle) || null;
}
