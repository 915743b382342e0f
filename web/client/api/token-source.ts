/**
 * Our API, for one person. Tokens are returned to the caller and kept nowhere. The only thing remembered
 * is until when minting is refused, so that no client keeps asking.
 */

import type { TranscriptEntry } from "../conversation/transcript.ts";
import { LiveError, type LiveErrorCode } from "../errors.ts";
import type { Emit } from "../events.ts";
import { Api, type ApiOptions } from "./calls.ts";
import { TalkTokens } from "./talk-tokens.ts";
import { type Asked, isRefresh, type TokenRequest } from "./token-request.ts";
import type { Config, Limits, Session, TokenAnswer, UsageReport, Weather, Wish } from "./types.ts";

/** All of our API, typed. Every rejection is a `LiveError`. */
export interface LiveApi {
  /** The models, voices and limits on offer. Needs no sign-in. */
  config(signal?: AbortSignal): Promise<Config>;
  /** The person's limits: used and left. */
  limits(signal?: AbortSignal): Promise<Limits>;
  sessions(signal?: AbortSignal): Promise<readonly Session[]>;
  session(id: string, signal?: AbortSignal): Promise<Session>;
  /** Report what a session has used so far, all turns added up. */
  report(id: string, used: UsageReport, signal?: AbortSignal): Promise<void>;
  /** End a session: it frees its slot and cannot be refreshed any more. */
  endSession(id: string, signal?: AbortSignal): Promise<void>;
  weather(place: string, signal?: AbortSignal): Promise<Weather>;
  /** Mint a token. Concurrent callers share one request. */
  mint(wish: Wish, signal?: AbortSignal): Promise<TokenAnswer>;
  refresh(sessionId: string, signal?: AbortSignal): Promise<TokenAnswer>;
  /** The tokens of one talk; changes are emitted as events. */
  forTalk(emit: Emit, transcript: () => readonly TranscriptEntry[]): TalkTokens;
  /** Milliseconds since 1970 by the server's clock. */
  now(): number;
}

export interface TokenSourceOptions extends ApiOptions {
  /** Called with every answer that contains limits. */
  readonly onLimits?: (limits: Limits) => void;
  /** For tests: a monotonic clock, in milliseconds. */
  readonly clock?: () => number;
}

/**
 * Waits before each retry of a request whose answer was lost, in milliseconds; its idempotency key makes
 * it safe.
 */
const AGAIN_MS = [300, 1200];
/** A longer `Retry-After` is not waited for, but passed on. */
const PATIENCE_S = 3;
const LOST: ReadonlySet<LiveErrorCode> = new Set([
  "network",
  "timeout",
  "internal",
  "upstream-unavailable",
  "store-unavailable",
]);

export class TokenSource implements LiveApi {
  readonly #api: Api;
  readonly #onLimits: (limits: Limits) => void;
  readonly #clock: () => number;
  /** The server's time minus the local clock; a guess from this device's time until the first answer. */
  #offsetMs: number;
  readonly #flights = new Map<TokenRequest, Promise<TokenAnswer>>();
  /** Requests that have not been sent before. */
  readonly #unasked = new WeakSet<TokenRequest>();
  #reporting: Promise<unknown> = Promise.resolve();
  #refused: { error: LiveError; untilMs: number } | null = null;

  constructor(options: TokenSourceOptions) {
    this.#api = new Api(options);
    this.#onLimits = options.onLimits ?? (() => {});
    this.#clock = options.clock ?? sleepProof(() => performance.now());
    this.#offsetMs = Date.now() - this.#clock();
  }

  now(): number {
    return this.#clock() + this.#offsetMs;
  }

  async config(signal?: AbortSignal): Promise<Config> {
    return (await this.#ask("/live-token/config", signal, false)) as Config;
  }

  async limits(signal?: AbortSignal): Promise<Limits> {
    return this.#learn((await this.#ask("/live-token/usage", signal)) as Limits);
  }

  async sessions(signal?: AbortSignal): Promise<readonly Session[]> {
    const answer = await this.#ask("/live-token/sessions", signal);
    return (answer as { sessions: readonly Session[] }).sessions;
  }

  async session(id: string, signal?: AbortSignal): Promise<Session> {
    return (await this.#ask(`/live-token/sessions/${encodeURIComponent(id)}`, signal)) as Session;
  }

  async report(id: string, used: UsageReport, signal?: AbortSignal): Promise<void> {
    const path = `/live-token/sessions/${encodeURIComponent(id)}/usage`;
    const request = { path, method: "POST", body: used, keepalive: true, late: true, signal } as const;
    this.#reporting = this.#api.ask(request);
    await this.#reporting;
  }

  /** Waits for a report that is being sent: once a session has ended, its usage is not counted. */
  async endSession(id: string, signal?: AbortSignal): Promise<void> {
    await this.#reporting.catch(() => {});
    const path = `/live-token/sessions/${encodeURIComponent(id)}`;
    await this.#api.ask({ path, method: "DELETE", late: true, signal });
  }

  async weather(place: string, signal?: AbortSignal): Promise<Weather> {
    return (await this.#ask(`/tools/weather?place=${encodeURIComponent(place)}`, signal)) as Weather;
  }

  async mint(wish: Wish, signal?: AbortSignal): Promise<TokenAnswer> {
    return this.token(this.request(wish), signal);
  }

  async refresh(sessionId: string, signal?: AbortSignal): Promise<TokenAnswer> {
    return this.token(this.request({ sessionId }), signal);
  }

  forTalk(emit: Emit, transcript: () => readonly TranscriptEntry[]): TalkTokens {
    return new TalkTokens(this, emit, transcript);
  }

  /**
   * Return the request for a token: the one in flight, if there is one for the same session, or a new
   * one. Throws a `LiveError` while a mint is known to be refused.
   */
  request(asked: Asked): TokenRequest {
    if (!isRefresh(asked)) this.#refuseAgain();
    for (const flying of this.#flights.keys()) {
      if (this.#unasked.has(flying) && about(flying.body) === about(asked)) return flying;
    }
    const request = { idempotencyKey: crypto.randomUUID(), body: asked };
    this.#unasked.add(request);
    return request;
  }

  /**
   * Send the request. Sent again, it returns the same token, uncounted, for as long as that token lives.
   * Aborting `signal` ends only the caller's own wait.
   */
  async token(request: TokenRequest, signal?: AbortSignal): Promise<TokenAnswer> {
    const flight = this.#flights.get(request) ?? this.#fly(request);
    if (signal === undefined) return flight;
    return new Promise((resolve, reject) => {
      const aborted = (): void => reject(new LiveError("aborted"));
      if (signal.aborted) aborted();
      signal.addEventListener("abort", aborted, { once: true });
      flight.then(resolve, reject).finally(() => signal.removeEventListener("abort", aborted));
    });
  }

  #refuseAgain(): void {
    const left = this.#refused === null ? 0 : this.#refused.untilMs - this.#clock();
    if (this.#refused === null || left <= 0) return;
    throw LiveError.from({ ...this.#refused.error.toJSON(), retryAfterS: Math.ceil(left / 1000) });
  }

  /**
   * Remember a refusal that only time lifts. The limit on live sessions is not one: a session can end at
   * any moment, on another device, too.
   */
  #heed(error: LiveError): void {
    const { code, retryAfterS, violated } = error;
    if (code !== "quota-exceeded" || !retryAfterS || violated.includes("sessions")) return;
    this.#refused = { error, untilMs: this.#clock() + retryAfterS * 1000 };
  }

  async #fly(request: TokenRequest): Promise<TokenAnswer> {
    const flight = this.#persist(request);
    this.#flights.set(request, flight);
    try {
      return await flight;
    } catch (error) {
      if (error instanceof LiveError && !isRefresh(request.body)) this.#heed(error);
      throw error;
    } finally {
      this.#flights.delete(request);
      this.#unasked.delete(request);
    }
  }

  async #persist({ idempotencyKey, body }: TokenRequest): Promise<TokenAnswer> {
    const path = isRefresh(body) ? "/live-token/refresh" : "/live-token";
    for (let attempt = 0; ; attempt++) {
      try {
        const request = { path, method: "POST", body, idempotencyKey } as const;
        const answer = (await this.#api.ask(request)) as TokenAnswer;
        this.#learn(answer.usage);
        return answer;
      } catch (error) {
        const waitMs = waitBefore(error, AGAIN_MS[attempt]);
        if (waitMs === null) throw error;
        await new Promise((resolve) => setTimeout(resolve, waitMs));
      }
    }
  }

  async #ask(path: string, signal?: AbortSignal, signed = true): Promise<unknown> {
    return this.#api.ask({ path, signed, signal });
  }

  #learn(limits: Limits): Limits {
    this.#offsetMs = Date.parse(limits.serverTime) - this.#clock();
    this.#onLimits(limits);
    return limits;
  }
}

/**
 * A monotonic clock that goes on while the machine sleeps. `performance.now` should (High Resolution
 * Time, 3; w3c/hr-time#115), but only does on Windows (developer.mozilla.org, Performance.now), so the
 * time by which `Date.now` has run further counts, too. Where someone sets the device's clock ahead, the
 * server's next answer corrects that.
 */
export function sleepProof(monotonic: () => number, wall = () => Date.now()): () => number {
  let ahead = -Infinity;
  return () => {
    const now = monotonic();
    ahead = Math.max(ahead, wall() - now);
    return now + ahead;
  };
}

/** What a request is about; two about the same thing are never in flight together. */
function about(asked: Asked): string {
  return isRefresh(asked) ? asked.sessionId : "";
}

/** How long to wait before a retry, in milliseconds; null if a retry is pointless or too far off. */
function waitBefore(error: unknown, usualMs: number | undefined): number | null {
  if (!(error instanceof LiveError) || usualMs === undefined || !LOST.has(error.code)) return null;
  if ((error.retryAfterS ?? 0) > PATIENCE_S) return null;
  return Math.max(usualMs * (0.75 + Math.random() / 2), (error.retryAfterS ?? 0) * 1000);
}
