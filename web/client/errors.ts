/**
 * Everything that can go wrong in a talk, in the order of a talk: this browser, the devices, our
 * API, Gemini. A refusal of the API keeps the API's own code (`functions/openapi.yaml`).
 */

import type { Violated } from "./api/types.ts";

/** What programs read; the words for people are under `messageKey` in a message file. */
export type LiveErrorCode =
  // This browser.
  | "unsupported"
  | "insecure-context"
  | "autoplay-blocked"
  | "aborted"
  // Devices.
  | "microphone-denied"
  | "microphone-missing"
  | "microphone-in-use"
  | "camera-denied"
  | "camera-missing"
  | "camera-in-use"
  | "screen-denied"
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
  | "model-unavailable"
  | "token-refused";

export interface LiveErrorOptions {
  /** Whether the same may succeed later without anybody changing anything. */
  readonly retryable?: boolean;
  /** Seconds after which it is worth trying again; from `Retry-After`. */
  readonly retryAfterS?: number | undefined;
  /** The limits that refused it, with `quota-exceeded`. */
  readonly violated?: readonly Violated[];
  /** Names the request in the operator's log. */
  readonly requestId?: string | undefined;
  /** For a developer. Never has a token in it. */
  readonly detail?: string;
}

/** A refusal or a failure that a page can act on and explain. */
export class LiveError extends Error {
  readonly code: LiveErrorCode;
  readonly retryable: boolean;
  readonly retryAfterS: number | undefined;
  readonly violated: readonly Violated[];
  readonly requestId: string | undefined;
  /** The key of the message for people: `error.` and the code. */
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

  /** As plain data, so that it can cross from a worker. */
  toJSON(): LiveErrorData {
    // oxlint-disable-next-line typescript/no-misused-spread -- its fields are what crosses
    return { ...this, detail: this.message };
  }

  /** Make it again on the other side. */
  static from({ code, ...options }: LiveErrorData): LiveError {
    return new LiveError(code, options);
  }
}

export type LiveErrorData = { readonly code: LiveErrorCode } & LiveErrorOptions;

/** Whatever was thrown, as an error that a page can explain. */
export function asLiveError(cause: unknown): LiveError {
  if (cause instanceof LiveError) return cause;
  return new LiveError("internal", { detail: String(cause) });
}
