/** A token as the wire needs it, and when it is to be renewed: pure, and by the server's clock. */

import type { Grant } from "../wire/protocol.ts";
import { type Asked, resumesBy } from "./token-request.ts";
import type { TokenAnswer } from "./types.ts";

/** What a server says of no handovers: as much before the end as one would take. */
const USUAL_MS = 180_000;
const USUAL_SHARE = 0.2;

/** Times are by the server's clock, so that a device with a wrong one counts right. */
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
    // Repeated, a token may be past its start, and then it can only resume.
    sessions: resumes !== 1 && left(answer.startBefore) > 0 ? uses : 0,
    resumptions: resumes,
  };
}

/** Whether the token resumes by the handle that it was asked for with, and by no other. */
export function locksResumption({ setup }: TokenAnswer["connect"]): boolean {
  return !("sessionResumption" in setup);
}

/**
 * The middle of what is left once a refresh continues the talk: never before that, and with as much
 * time again to try it in. A token that another one of its session outlives has no such time.
 */
export function renewInMs(expiresInMs: number, handoverInMs: number | null): number {
  const usual = expiresInMs - Math.min(USUAL_MS, expiresInMs * USUAL_SHARE);
  const from = handoverInMs !== null && handoverInMs < expiresInMs ? handoverInMs : usual;
  return Math.max(0, (from + expiresInMs) / 2);
}
