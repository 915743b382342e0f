/** A token as the wire needs it, and when to renew it. Pure, and by the server's clock. */

import type { Grant } from "../wire/protocol.ts";
import { type Asked, resumesBy } from "./token-request.ts";
import type { TokenAnswer } from "./types.ts";

/** For a server without handovers: renew in the last 3 minutes, or the last fifth of a shorter token. */
const USUAL_MS = 180_000;
const USUAL_SHARE = 0.2;

/**
 * Convert a token answer. Times are relative to the server's clock, so a wrong device clock does no
 * harm.
 */
export function grantOf({ connect, token, uses, usage, ...answer }: TokenAnswer, asked: Asked): Grant {
  const left = (moment: string): number => Date.parse(moment) - Date.parse(usage.serverTime);
  const { handoverAt } = answer.session;
  const resumes = !locksResumption(connect) ? Infinity : resumesBy(asked) === null ? 0 : 1;
  const expiresInMs = left(answer.expiresAt);
  return {
    url: connect.url,
    token,
    setup: connect.setup,
    expiresInMs,
    renewInMs: renewInMs(expiresInMs, handoverAt ? left(handoverAt) : null),
    // A token from a repeated request may be past `startBefore`; then it can only resume.
    sessions: resumes !== 1 && left(answer.startBefore) > 0 ? uses : 0,
    resumptions: resumes,
  };
}

/** Whether the token is locked to the handle that it was requested with. */
export function locksResumption({ setup }: TokenAnswer["connect"]): boolean {
  return !("sessionResumption" in setup);
}

/**
 * Return when to renew, in milliseconds from now: halfway between the handover time, before which a
 * refresh would be another talk, and the expiry, so that there is as much time again for retries. A
 * token that expires before the handover time is renewed shortly before it expires.
 */
export function renewInMs(expiresInMs: number, handoverInMs: number | null): number {
  const usual = expiresInMs - Math.min(USUAL_MS, expiresInMs * USUAL_SHARE);
  const from = handoverInMs !== null && handoverInMs < expiresInMs ? handoverInMs : usual;
  return Math.max(0, (from + expiresInMs) / 2);
}
