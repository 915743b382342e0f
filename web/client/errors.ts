/**
 * Everything that can go wrong in a talk, in the order in which it can: this browser, the devices, our
 * API, Gemini. A refusal by the API keeps the API's own code (`functions/openapi.yaml`).
 */

import type { Violated } from "./api/types.ts";

/** For programs; `messageKey` leads to the words for people. */
export type LiveErrorCode =
  // This browser.
  | "unsupported"
  | "insecure-context"
  | "aborted"
  // Devices.
  | "microphone-denied"
  | "microphone-denied-by-system"
  | "microphone-missing"
  | "microphone-in-use"
  | "microphone-unavailable"
  | "camera-denied"
  | "camera-denied-by-system"
  | "camera-missing"
  | "camera-in-use"
  | "camera-unavailable"
  | "screen-denied"
  | "screen-denied-by-system"
  | "speaker-unavailable"
  // Our API.
  | "network"
  | "timeout"
  | "signed-out"
  | "invalid-request"
  | "unauthenticated"
  | "token-expired"
  | "forbidden"
  | "app-check-failed"
  | "blocked"
  | "not-found"
  | "session-ended"
  | "session-expired"
  | "replay-expired"
  | "idempotency-key-reused"
  | "quota-exceeded"
  | "upstream-rejected"
  | "upstream-unavailable"
  | "store-unavailable"
  | "identity-unavailable"
  | "weather-unavailable"
  | "minting-paused"
  | "internal"
  // Gemini.
  | "gemini-unreachable"
  | "gemini-refused"
  | "gemini-quota"
  | "gemini-account"
  | "model-unavailable"
  | "token-refused";

export interface LiveErrorOptions {
  /** Whether a retry may succeed without any other change. */
  readonly retryable?: boolean;
  /** When a retry makes sense, in seconds; from `Retry-After`. */
  readonly retryAfterS?: number | undefined;
  /** The limits that were exceeded, with `quota-exceeded`. */
  readonly violated?: readonly Violated[];
  /** Identifies the request in the server's log. */
  readonly requestId?: string | undefined;
  /** For developers. Never contains a token. */
  readonly detail?: string;
}

/** A failure that a page can act on and explain. */
export class LiveError extends Error {
  readonly code: LiveErrorCode;
  readonly retryable: boolean;
  readonly retryAfterS: number | undefined;
  readonly violated: readonly Violated[];
  readonly requestId: string | undefined;
  /** The key of the message for people: `error.` followed by the code. */
  readonly messageKey: `error.${LiveErrorCode}`;

  constructor(code: LiveErrorCode, options: LiveErrorOptions = {}) {
    super(options.detail ?? code);
    this.name = "LiveError";
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.retryAfterS = options.retryAfterS;
    this.violated = options.violated ?? [];
    this.requestId = options.requestId;
    this.messageKey = `error.${code}`;
  }

  /** As plain data, which can be sent to and from a worker. */
  toJSON(): LiveErrorData {
    // oxlint-disable-next-line typescript/no-misused-spread -- its fields are what crosses
    return { ...this, detail: this.message };
  }

  /** Recreate an error from its data. */
  static from({ code, ...options }: LiveErrorData): LiveError {
    return new LiveError(code, options);
  }
}

export type LiveErrorData = { readonly code: LiveErrorCode } & LiveErrorOptions;

/** Turn anything thrown into an error that a page can explain. */
export function asLiveError(cause: unknown): LiveError {
  if (cause instanceof LiveError) return cause;
  return new LiveError("internal", { detail: String(cause) });
}
