/**
 * Tells why Gemini ended a connection, from the close code and reason. One code has many meanings, so
 * the reason decides first. Gemini's texts are from reports by users of the API.
 */

export type Cause =
  /** The network, or a temporary problem at Gemini: retry. */
  | "dropped"
  /** The connection reached its maximum age: resume. */
  | "ended"
  /** The token has expired or is used up: a new one is needed. */
  | "token"
  /** The handle is unknown: start afresh. */
  | "handle"
  /** Something we sent was rejected: do not send it again. */
  | "rejected"
  /** Google's quota for this project. */
  | "quota"
  /** The operator's key or credit with Google: nothing that is tried here can mend it. */
  | "account"
  /** History that this model does not take: the handle is as good as before. */
  | "history"
  /** The model no longer exists, or never did. */
  | "model";

export interface Ending {
  readonly cause: Cause;
  readonly code: number;
  /** Gemini's text, with anything that could be a token removed. */
  readonly reason: string;
}

const BY_REASON: readonly (readonly [RegExp, Cause])[] = [
  [/used too many times|token has expired|auth token|new sessions are no longer/i, "token"],
  [/is not found for API version|not supported for bidiGenerateContent/i, "model"],
  [/quota|resource.?exhausted|rate limit/i, "quota"], // before "account": it speaks of billing, too
  [/prepa(?:y|id)|billing|credit|api.?key/i, "account"],
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
  // 1008 "The operation was aborted" and "Operation is not implemented" are known to be temporary.
  return [1003, 1007, 1009].includes(code) ? "rejected" : "dropped";
}
