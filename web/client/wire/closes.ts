/**
 * Why Gemini ended a connection, by code and reason. The same code stands for many things, so the
 * reason decides first; the texts were reported by users of the API.
 */

export type Cause =
  /** The network, or a passing trouble of Gemini's: try again. */
  | "dropped"
  /** The connection reached its age: resume. */
  | "ended"
  /** The token is over, or was never one: a new one is needed. */
  | "token"
  /** The handle finds nothing: start afresh. */
  | "handle"
  /** Something we sent is not accepted: do not send it again. */
  | "rejected"
  /** Google's own quota for this project. */
  | "quota"
  /** The model is gone, or was never there. */
  | "model";

export interface Ending {
  readonly cause: Cause;
  readonly code: number;
  /** Gemini's words, without anything that could be a token. */
  readonly reason: string;
}

const BY_REASON: readonly (readonly [RegExp, Cause])[] = [
  [/used too many times|token has expired|auth token|new sessions are no longer/i, "token"],
  [/is not found for API version|not supported for bidiGenerateContent/i, "model"],
  [/quota|resource.?exhausted|rate limit/i, "quota"],
  [/requested entity was not found|session not found/i, "handle"],
];

export function ending(code: number, reason: string): Ending {
  const plain = reason.replaceAll(/auth_tokens\/\S+/g, "auth_tokens/...");
  return { cause: cause(code, plain), code, reason: plain };
}

function cause(code: number, reason: string): Cause {
  const known = BY_REASON.find(([pattern]) => pattern.test(reason));
  if (known !== undefined) return known[1];
  if (code === 1000) return "ended";
  // 1008 "The operation was aborted", "Operation is not implemented": seen to pass by themselves.
  return [1003, 1007, 1009].includes(code) ? "rejected" : "dropped";
}
