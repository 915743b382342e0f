/**
 * The tokens of one talk, and its bookmark. A refresh continues the talk; if its session has expired, a
 * mint does, in a new session.
 */

import type { TranscriptEntry } from "../conversation/transcript.ts";
import { asLiveError, LiveError, type LiveErrorCode } from "../errors.ts";
import type { Emit } from "../events.ts";
import type { Grant, Turns } from "../wire/protocol.ts";
import type { TalkBookmark } from "./bookmark.ts";
import { grantOf, locksResumption } from "./grant.ts";
import { type Asked, resumesBy, type TokenRequest } from "./token-request.ts";
import type { SessionSummary, TokenAnswer, Wish } from "./types.ts";

/** The request no longer leads to a token. */
const IN_VAIN: ReadonlySet<LiveErrorCode> = new Set(["replay-expired", "idempotency-key-reused"]);
/** Someone ended the talk. */
const OVER: ReadonlySet<LiveErrorCode> = new Set(["session-ended", "not-found"]);

/** The part of the token source that a talk needs. */
interface Source {
  request(asked: Asked): TokenRequest;
  token(request: TokenRequest): Promise<TokenAnswer>;
  endSession(id: string): Promise<void>;
  now(): number;
}

interface Obtained {
  readonly answer: TokenAnswer;
  readonly request: TokenRequest;
}

export class TalkTokens {
  readonly #source: Source;
  readonly #emit: Emit;
  readonly #transcript: () => readonly TranscriptEntry[];
  #session: SessionSummary | null = null;
  #talk: TalkBookmark = { sessionId: "", handle: null, savedAt: 0 };

  constructor(source: Source, emit: Emit, transcript: () => readonly TranscriptEntry[]) {
    this.#source = source;
    this.#emit = emit;
    this.#transcript = transcript;
  }

  get session(): SessionSummary | null {
    return this.#session;
  }

  /** Where the talk can be resumed. */
  get bookmark(): TalkBookmark {
    return this.#talk;
  }

  /**
   * Get the first token: a new one, which is counted, or the one that resumes `from`. From then on there
   * is a bookmark, so a start that failed or was cancelled can be resumed without another mint. Rejects
   * with a `LiveError`.
   */
  async obtain(
    wish: Wish,
    from: TalkBookmark | undefined,
    turns: Turns,
    signal: AbortSignal,
  ): Promise<Grant> {
    this.#session = null;
    const savedAt = this.#source.now();
    const talk = { sessionId: "", handle: null, savedAt, wish, ...from, turns };
    try {
      const got = await (from === undefined ? this.#ask(wish) : this.#takeUp(talk));
      const meanwhile = signal.aborted && this.#session !== null; // another talk has begun
      if (!meanwhile) this.#learn(talk, got);
      return grantOf(got.answer, got.request.body);
    } catch (cause) {
      if (this.#session === null) this.#refused(cause);
      throw cause;
    }
  }

  /**
   * Get the next token, to resume the talk or, with `fresh`, to begin it again with its transcript.
   * Returns null if another talk has begun meanwhile. Rejects with a `LiveError`.
   */
  async refresh(fresh = false): Promise<Grant | null> {
    const session = this.#session;
    if (session === null) return null;
    const { requests = [], handle } = this.#talk;
    try {
      const got = await this.#next({ ...this.#talk, handle: fresh ? null : handle }, session);
      if (this.#session !== session) return null;
      this.#learn(this.#talk, got);
      const grant = grantOf(got.answer, got.request.body);
      const { expiresInMs } = grant;
      this.#emit("tokenrefresh", { session: got.answer.session, expiresInMs });
      return grant;
    } catch (cause) {
      if (this.#session !== session) return null;
      this.#keep({ requests });
      this.#refused(cause);
      throw cause;
    }
  }

  /** Note Gemini's newest handle; null if it has lost the talk. */
  remembered(handle: string | null): void {
    this.#keep({ handle, savedAt: this.#source.now() });
  }

  /** End the session. Rejects with a `LiveError`. */
  async end(): Promise<void> {
    if (this.#session === null) return;
    await this.#source.endSession(this.#session.id);
    this.#emit("bookmark", { bookmark: null });
  }

  /** Get the talk's own token again, uncounted, if it is still alive; otherwise the next one. */
  async #takeUp(talk: TalkBookmark): Promise<Obtained> {
    let refused: LiveError | null = null;
    const resumes = talk.locked === true && talk.handle !== null; // with a token requested for this handle
    for (const request of resumes ? [] : (talk.requests ?? [])) {
      const answer = await this.#source.token(request).catch(asLiveError);
      if (!(answer instanceof LiveError)) return { answer, request };
      if (OVER.has(answer.code)) throw answer;
      refused = answer;
    }
    if (refused !== null && !IN_VAIN.has(refused.code)) throw refused;
    return this.#next(talk);
  }

  async #next(talk: TalkBookmark, of?: SessionSummary): Promise<Obtained> {
    const { sessionId, wish = {}, locked = false, handle } = talk;
    const by = locked && handle !== null ? { resumptionHandle: handle } : {};
    try {
      return await this.#ask({ sessionId, ...by }, of);
    } catch (cause) {
      if (asLiveError(cause).code !== "session-expired") throw cause;
      return this.#ask(wish, of);
    }
  }

  /**
   * Request a token. In a running session, the request is bookmarked before it is sent, because the page
   * may go away.
   */
  async #ask(asked: Asked, of?: SessionSummary): Promise<Obtained> {
    const request = this.#source.request(asked);
    if (of !== undefined && of === this.#session) {
      this.#keep({ requests: [request, ...(this.#talk.requests ?? [])] });
    }
    return { answer: await this.#source.token(request), request };
  }

  #learn(talk: TalkBookmark, { answer, request }: Obtained): void {
    this.#session = answer.session;
    this.#emit("limits", { limits: answer.usage });
    const locked = locksResumption(answer.connect);
    const handle = locked && resumesBy(request.body) === null ? null : talk.handle;
    this.#keep({ ...talk, locked, handle, sessionId: answer.session.id, requests: [request] });
  }

  #keep(change: Partial<TalkBookmark>): void {
    this.#talk = { ...this.#talk, ...change, transcript: this.#transcript() };
    this.#emit("bookmark", { bookmark: this.#talk });
  }

  #refused(cause: unknown): void {
    if (OVER.has(asLiveError(cause).code)) this.#emit("bookmark", { bookmark: null });
  }
}
