/** Turns our API's problem answers into errors (RFC 9457; `functions/openapi.yaml`). */

import { LiveError, type LiveErrorCode } from "../errors.ts";
import type { Problem } from "./types.ts";

const CODES: readonly LiveErrorCode[] = [
  "invalid-request",
  "unauthenticated",
  "token-expired",
  "forbidden",
  "app-check-failed",
  "blocked",
  "not-found",
  "session-ended",
  "session-expired",
  "replay-expired",
  "idempotency-key-reused",
  "quota-exceeded",
  "upstream-rejected",
  "upstream-unavailable",
  "store-unavailable",
  "identity-unavailable",
  "weather-unavailable",
  "minting-paused",
];
/** Temporary: the same request may succeed later. */
const PASSING = /-unavailable$|^minting-paused$|^quota-exceeded$|^internal$/;

export async function refusal(response: Response): Promise<LiveError> {
  const problem = await problemOf(response);
  const code = CODES.find((known) => known === problem.code) ?? "internal";
  const wait = problem.retryAfterSeconds ?? Number(response.headers.get("Retry-After") ?? "x");
  const requestId = problem.requestId ?? response.headers.get("X-Request-Id");
  return new LiveError(code, {
    // A wait of null means that waiting does not help.
    retryable: PASSING.test(code) && problem.retryAfterSeconds !== null,
    violated: problem.violated ?? [],
    detail: problem.detail ?? `status ${response.status}`,
    ...(Number.isFinite(wait) ? { retryAfterS: wait } : {}),
    ...(requestId ? { requestId } : {}),
  });
}

async function problemOf(response: Response): Promise<Partial<Problem>> {
  try {
    return (await response.json()) as Partial<Problem>;
  } catch {
    return {}; // a proxy answered, in HTML
  }
}
