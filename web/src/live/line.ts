/** The line of a talk: the token that opens it, the connection that carries it, and their news. */

import type { SessionSummary, TokenAnswer, Wish } from "./api-types.ts";
import type { TalkBookmark } from "./bookmark.ts";
import type { Emit } from "./emit.ts";
import { asLiveError, LiveError } from "./errors.ts";
import type { LiveApi } from "./token-source.ts";
import type { TranscriptEntry } from "./transcript.ts";
import type { News } from "./wire/connection.ts";
import type { Grant, Told, ToWire, Turns, WireNews, WireStats } from "./wire/link.ts";
import { WireEnd } from "./wire/page-end.ts";

/** What a line has done for it. */
export interface LineHolder {
  live(): void;
  reconnecting(attempt: number, waitMs: number): void;
  /** `resumed` is false when Gemini forgot what was said before. */
  reconnected(resumed: boolean): void;
  /** The line is dead; it was open before. */
  failed(error: LiveError): void;
  told(fact: Told): void;
  transcript(): readonly TranscriptEntry[];
  /** What is to be seen now. */
  look(): Promise<ImageBitmap | null>;
}

export interface Ports {
  readonly capture: MessagePort;
  readonly playback: MessagePort;
}

/** After these a session has no more tokens, ever. */
const OVER = /^(session-ended|session-expired|not-found)$/;

interface Opening {
  resolve(): void;
  reject(error: LiveError): void;
}

export class Line {
  readonly #tokens: LiveApi;
  readonly #emit: Emit;
  readonly #holder: LineHolder;
  #wire: WireEnd | null = null;
  #session: SessionSummary | null = null;
  #turns: Turns = "automatic";
  #opening: Opening | null = null;

  private constructor(tokens: LiveApi, emit: Emit, holder: LineHolder) {
    this.#tokens = tokens;
    this.#emit = emit;
    this.#holder = holder;
  }

  static async create(tokens: LiveApi, emit: Emit, holder: LineHolder): Promise<Line> {
    const line = new Line(tokens, emit, holder);
    line.#wire = await WireEnd.create((message) => line.#hear(message));
    return line;
  }

  get session(): SessionSummary | null {
    return this.#session;
  }

  /**
   * Ask for a token, which is counted: of a new session, or of one that goes on. From then on there
   * is a bookmark, so that a start that failed or was given up can be taken up without another mint.
   */
  async obtain(
    wish: Wish,
    from: TalkBookmark | undefined,
    turns: Turns,
    signal: AbortSignal,
  ): Promise<TokenAnswer> {
    this.#session = null;
    this.#turns = turns;
    try {
      const answer = await (from === undefined
        ? this.#tokens.mint(wish)
        : this.#tokens.refresh(from.sessionId));
      if (signal.aborted && this.#session !== null) return answer; // another talk began meanwhile
      this.#learn(answer);
      if (from === undefined) this.#mark(null);
      return answer;
    } catch (cause) {
      this.#refused(asLiveError(cause));
      throw cause;
    }
  }

  /** Open the line with a token; resolves when both can speak. */
  async open(
    answer: TokenAnswer,
    handle: string | null,
    { capture, playback }: Ports,
  ): Promise<void> {
    const turns = this.#turns;
    const grant = grantOf(answer);
    const before = this.#holder.transcript();
    this.tell({ do: "open", grant, turns, handle, before, capture, playback }, [capture, playback]);
    return new Promise((resolve, reject) => {
      this.#opening = { resolve, reject };
    });
  }

  tell(order: ToWire, transfer: Transferable[] = []): void {
    this.#wire?.tell(order, transfer);
  }

  async stats(): Promise<WireStats | null> {
    return this.#wire?.stats() ?? null;
  }

  /** End the session for good. Rejects with a `LiveError`. */
  async endSession(): Promise<void> {
    if (this.#session === null) return;
    await this.#tokens.endSession(this.#session.id);
    this.#emit("bookmark", { bookmark: null });
  }

  /** Hang up; nothing more is heard of an opening. */
  close(): void {
    this.tell({ do: "close" });
    this.#opening = null;
  }

  terminate(): void {
    this.#wire?.terminate();
    this.#wire = null;
  }

  #hear(message: WireNews): void {
    switch (message.is) {
      case "news":
        return this.#learnOf(message.news, message.tookMs);
      case "facts":
        for (const fact of message.facts) this.#tell(fact);
        return;
      case "ask":
        this.#emit("wire", { what: "token", detail: message.why });
        void this.#refresh();
        return;
      case "look":
        void this.#look();
        return;
      case "lost":
        return this.#emit("wire", { what: "lost", detail: message.ending });
      default:
        message satisfies never;
    }
  }

  #tell(fact: Told): void {
    this.#holder.told(fact);
    if (fact.fact === "handle" && fact.handle !== null) this.#mark(fact.handle);
  }

  #learnOf(news: News, tookMs: number): void {
    switch (news.is) {
      case "open":
        this.#holder.live();
        if (this.#session !== null) {
          this.#emit("open", { session: this.#session, resumed: news.resumed });
        }
        return this.#opened()?.resolve();
      case "reconnecting": {
        const { planned, attempt, waitMs } = news;
        if (!planned) this.#holder.reconnecting(attempt, waitMs);
        return this.#emit("reconnecting", { planned, attempt, waitMs });
      }
      case "reconnected": {
        const { planned, resumed } = news;
        this.#holder.reconnected(resumed);
        if (!resumed) this.#mark(null);
        return this.#emit("reconnected", { planned, resumed, tookMs });
      }
      case "tokenexpired":
        return this.#emit("tokenexpired", { error: LiveError.from(news.error) });
      case "failed":
        return this.#failed(LiveError.from(news.error));
      default:
        news satisfies never;
    }
  }

  #failed(error: LiveError): void {
    const opening = this.#opened();
    if (opening !== null) return opening.reject(error);
    this.#emit("reconnectfailed", { error });
    this.#holder.failed(error);
  }

  /** Whoever waits for the opening, if it is still waited for; it is not any more. */
  #opened(): Opening | null {
    const opening = this.#opening;
    this.#opening = null;
    return opening;
  }

  async #refresh(): Promise<void> {
    const session = this.#session;
    if (session === null) return;
    try {
      const answer = await this.#tokens.refresh(session.id);
      if (this.#session !== session) return; // another talk began meanwhile
      this.#learn(answer);
      const grant = grantOf(answer);
      this.tell({ do: "grant", grant });
      this.#emit("tokenrefresh", { session: answer.session, expiresInMs: grant.expiresInMs });
    } catch (cause) {
      if (this.#session !== session) return;
      const error = asLiveError(cause);
      this.#refused(error);
      this.#emit("wire", { what: "refresh refused", detail: error.code });
      this.tell({ do: "refused", error: error.toJSON() });
    }
  }

  #learn(answer: TokenAnswer): void {
    this.#session = answer.session;
    this.#emit("limits", { limits: answer.usage });
  }

  #mark(handle: string | null): void {
    if (this.#session === null) return;
    const { id: sessionId } = this.#session;
    const transcript = this.#holder.transcript();
    const savedAt = this.#tokens.now();
    const bookmark = { sessionId, handle, savedAt, turns: this.#turns, transcript };
    this.#emit("bookmark", { bookmark });
  }

  #refused({ code }: LiveError): void {
    if (OVER.test(code)) this.#emit("bookmark", { bookmark: null });
  }

  async #look(): Promise<void> {
    const bitmap = await this.#holder.look().catch(() => null);
    this.tell({ do: "frame", bitmap }, bitmap === null ? [] : [bitmap]);
  }
}

/** Times by the server's clock, so that a device with a wrong one counts right. */
function grantOf({ connect, token, expiresAt, usage, uses }: TokenAnswer): Grant {
  const expiresInMs = Date.parse(expiresAt) - Date.parse(usage.serverTime);
  const { url, setup } = connect;
  return { url, token, setup, expiresInMs, lifeMs: expiresInMs, sessions: uses };
}
