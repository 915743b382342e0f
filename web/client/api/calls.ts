/** HTTP calls to our API: authenticated, with a deadline of 15 s. Every rejection is a `LiveError`. */

import { LiveError } from "../errors.ts";
import { refusal } from "./problems.ts";

export interface IdTokenOptions {
  readonly refresh: boolean;
  readonly late: boolean;
}

export interface ApiOptions {
  /** The API's origin; empty for the page's own. */
  readonly baseUrl?: string;
  /**
   * Returns the ID token of the signed-in person, or null; called for every request. `refresh`: the API
   * refused the last one as expired. `late`: to end a session or report its usage, for which the API
   * takes the last one though it has expired, so that nobody has to sign in for it.
   */
  readonly idToken: (options: IdTokenOptions) => Promise<string | null>;
  /** Returns a Firebase App Check token, where App Check is used. */
  readonly appCheck?: () => Promise<string | null>;
  /** For tests. */
  readonly fetch?: typeof fetch;
}

export interface Request {
  readonly path: string;
  readonly method?: "GET" | "POST" | "PUT" | "DELETE";
  readonly body?: unknown;
  /** False for endpoints that need no sign-in. */
  readonly signed?: boolean;
  readonly idempotencyKey?: string;
  /** Whether the request outlives the page (Fetch, `keepalive`). */
  readonly keepalive?: boolean;
  /** Whether an ID token that has expired will do. */
  readonly late?: boolean;
  readonly signal?: AbortSignal | undefined;
}

const DEADLINE_MS = 15_000;

export class Api {
  readonly #options: ApiOptions;
  readonly #fetch: typeof fetch;

  constructor(options: ApiOptions) {
    this.#options = options;
    this.#fetch = options.fetch ?? ((...args) => fetch(...args));
  }

  /** Send a request; if the ID token has just expired, send it once more with a new one. */
  async ask(request: Request): Promise<unknown> {
    try {
      return await this.#once(request, false);
    } catch (error) {
      const stale = error instanceof LiveError && error.code === "token-expired";
      if (!stale) throw error;
      return this.#once(request, true);
    }
  }

  async #once(request: Request, refresh: boolean): Promise<unknown> {
    const headers = await this.#headers(request, refresh);
    const deadline = AbortSignal.timeout(DEADLINE_MS);
    const response = await this.#send(`${this.#options.baseUrl ?? ""}/api/v1${request.path}`, {
      method: request.method ?? "GET",
      headers,
      credentials: "omit",
      cache: "no-store",
      referrerPolicy: "no-referrer",
      keepalive: request.keepalive ?? false,
      signal: request.signal ? AbortSignal.any([request.signal, deadline]) : deadline,
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
    });
    if (!response.ok) throw await refusal(response);
    return response.status === 204 ? null : ((await response.json()) as unknown);
  }

  async #headers(request: Request, refresh: boolean): Promise<Record<string, string>> {
    const headers: Record<string, string> = {};
    if (request.body !== undefined) headers["Content-Type"] = "application/json";
    if (request.idempotencyKey) headers["Idempotency-Key"] = request.idempotencyKey;
    if (request.signed === false) return headers;
    const idToken = await this.#options.idToken({ refresh, late: request.late ?? false });
    if (idToken === null) throw new LiveError("signed-out");
    headers.Authorization = `Bearer ${idToken}`;
    const appCheck = await this.#options.appCheck?.();
    if (appCheck) headers["X-Firebase-AppCheck"] = appCheck;
    return headers;
  }

  async #send(url: string, init: RequestInit): Promise<Response> {
    try {
      return await this.#fetch(url, init);
    } catch (error) {
      const name = error instanceof DOMException ? error.name : "";
      if (name === "AbortError") throw new LiveError("aborted");
      if (name === "TimeoutError") throw new LiveError("timeout", { retryable: true });
      throw new LiveError("network", { retryable: true });
    }
  }
}
