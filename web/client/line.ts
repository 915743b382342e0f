/** The line of a talk: the token that opens it, the connection that carries it, and their news. */

import type { SessionSummary } from "./api/types.ts";
import type { Emit } from "./events.ts";
import { asLiveError, LiveError } from "./errors.ts";
import type { TalkTokens } from "./api/talk-tokens.ts";
import type { LiveApi } from "./api/token-source.ts";
import type { TranscriptEntry } from "./conversation/transcript.ts";
import type { News } from "./wire/connection.ts";
import type { Grant, Told, ToWire, WireNews, WireStats } from "./wire/link.ts";
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

type End = Pick<WireEnd, "tell" | "stats" | "terminate">;

interface Opening {
  resolve(): void;
  reject(error: LiveError): void;
}

export class Line {
  readonly #tokens: TalkTokens;
  readonly #emit: Emit;
  readonly #holder: LineHolder;
  #wire: End | null = null;
  #opening: Opening | null = null;

  private constructor(tokens: LiveApi, emit: Emit, holder: LineHolder) {
    this.#tokens = tokens.forTalk(emit, () => holder.transcript());
    this.#emit = emit;
    this.#holder = holder;
  }

  static async create(
    tokens: LiveApi,
    emit: Emit,
    holder: LineHolder,
    wire: (hear: (message: WireNews) => void) => Promise<End> = WireEnd.create,
  ): Promise<Line> {
    const line = new Line(tokens, emit, holder);
    line.#wire = await wire((message) => line.#hear(message));
    return line;
  }

  get session(): SessionSummary | null {
    return this.#tokens.session;
  }

  /** Ask for a token to begin with, or to go on with from there; see `TalkTokens.obtain`. */
  async obtain(...how: Parameters<TalkTokens["obtain"]>): Promise<Grant> {
    return this.#tokens.obtain(...how);
  }

  /** Open the line with a token; resolves when both can speak. */
  async open(grant: Grant, { capture, playback }: Ports): Promise<void> {
    const { turns = "automatic", handle } = this.#tokens.bookmark;
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
    await this.#tokens.end();
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
        void this.#refresh(message.why === "fresh");
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
    if (fact.fact === "handle" && fact.handle !== null) this.#tokens.remembered(fact.handle);
  }

  #learnOf(news: News, tookMs: number): void {
    switch (news.is) {
      case "open":
        this.#holder.live();
        if (this.session !== null) {
          this.#emit("open", { session: this.session, resumed: news.resumed });
        }
        return this.#opened()?.resolve();
      case "reconnecting": {
        const { is, ...detail } = news;
        if (!detail.planned) this.#holder.reconnecting(detail.attempt, detail.waitMs);
        return this.#emit(is, detail);
      }
      case "reconnected": {
        const { is, ...detail } = news;
        this.#holder.reconnected(detail.resumed);
        if (!detail.resumed) this.#tokens.remembered(null);
        return this.#emit(is, { ...detail, tookMs });
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

  async #refresh(fresh: boolean): Promise<void> {
    try {
      const grant = await this.#tokens.refresh(fresh);
      if (grant !== null) this.tell({ do: "grant", grant });
    } catch (cause) {
      const error = asLiveError(cause);
      this.#emit("wire", { what: "refresh refused", detail: error.code });
      this.tell({ do: "refused", error: error.toJSON() });
    }
  }

  async #look(): Promise<void> {
    const bitmap = await this.#holder.look().catch(() => null);
    this.tell({ do: "frame", bitmap }, bitmap === null ? [] : [bitmap]);
  }
}
