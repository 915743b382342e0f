/**
 * A request for a token. Repeating it returns the same token, uncounted, for as long as that token
 * lives. So the request may be stored where the token may not: it is useless to anyone who is not signed
 * in as the person who made it.
 */

import type { Wish } from "./types.ts";

export interface TokenRequest {
  readonly idempotencyKey: string;
  readonly body: Asked;
}

/** The body of a mint, or of a refresh. */
export type Asked = Wish | Refresh;

interface Refresh {
  readonly sessionId: string;
  /** Only where tokens are locked to a handle. */
  readonly resumptionHandle?: string;
}

export function isRefresh(asked: Asked): asked is Refresh {
  return "sessionId" in asked;
}

export function resumesBy(asked: Asked): string | null {
  return (isRefresh(asked) && asked.resumptionHandle) || null;
}
