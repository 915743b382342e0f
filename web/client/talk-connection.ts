/** Connects a talk: gets its tokens, runs the wire, and passes on their news. */

import type { TalkTokens } from "./api/talk-tokens.ts";
import type { LiveApi } from "./api/token-source.ts";
import type { Conversation } from "./conversation/conversation.ts";
import { asLiveError, LiveError } from "./errors.ts";
import type { Emit } from "./events.ts";
import type { Video } from "./video/video.ts";
import type { News } from "./wire/connection.ts";
import { WireEnd } from "./wire/page-end.ts";
import type { Grant, ToWire, WireNews, WireStats } from "./wire/protocol.ts";

/** What it connects: the conversation gets what is said, and the video is what Gemini sees. */
export interface Ends {
  readonly conversation: Pick<Conversation, "hear" | "answered" | "reconnected" | "transcript">;
  readonly video: Pick<Video, "frame">;
}

/** A change of the connection: open again, reconnecting, or over. */
export type Change = Exclude<News, { is: "tokenexpired" }>;

export interface Ports {
  readonly capture: MessagePort;
  readonly playback: MessagePort;
}

type End = Pick<WireEnd, "tell" | "stats" | "terminate">;

interface Opening {
  resolve(): void;
  reject(error: LiveError): void;
}

export class TalkConnection {
  readonly tokens: TalkTokens;
  readonly #emit: Emit;
  readonly #ends: Ends;
  readonly #changed: (change: Change) => void;
  #wire: End | null = null;
  #opening: Opening | null = null;

  private constructor(tokens: LiveApi, emit: Emit, ends: Ends, changed: (change: Change) => void) {
    this.tokens = tokens.forTalk(emit, () => ends.conversation.transcript);
    this.#emit = emit;
    this.#ends = ends;
    this.#changed = changed;
  }

  static async create(
    tokens: LiveApi,
    emit: Emit,
    ends: Ends,
    changed: (change: Change) => void,
    wire: (hear: (message: WireNews) => void) => Promise<End> = WireEnd.create,
  ): Promise<TalkConnection> {
    const connection = new TalkConnection(tokens, emit, ends, changed);
    connection.#wire = await wire((message) => connection.#hear(message));
    return connection;
  }

  /** Open the connection with a token. Resolves once both can speak. Rejects with a `LiveError`. */
  async open(grant: Grant, { capture, playback }: Ports): Promise<void> {
    const { turns = "automatic", handle } = this.tokens.bookmark;
    const before = this.#ends.conversation.transcript;
    this.tell({ do: "open", grant, turns, handle, before, capture, playback }, [capture, playback]);
    return new Promise((resolve, reject) => {
      this.#opening = { resolve, reject };
    });
  }

  tell(order: ToWire, transfer?: Transferable[]): void {
    this.#wire?.tell(order, transfer);
  }

  async stats(): Promise<WireStats | null> {
    return this.#wire?.stats() ?? null;
  }

  /** Disconnect. A pending `open` never settles. */
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
        for (const fact of message.facts) {
          this.#ends.conversation.hear(fact);
          // At the end of a turn, too: some models give one handle, and none after that.
          const { handle } = fact.fact === "handle" ? fact : this.tokens.bookmark;
          if ((fact.fact === "handle" || fact.fact === "turn") && handle !== null)
            this.tokens.remembered(handle);
        }
        return;
      case "ask":
        this.#emit("wire", { what: "token", detail: message.why });
        void this.#refresh(message.why === "fresh");
        return;
      case "answered":
        return this.#ends.conversation.answered(message.response, message.delivered);
      case "look":
        void this.#look();
        return;
      case "lost":
        return this.#emit("wire", { what: "lost", detail: message.ending });
      default:
        message satisfies never;
    }
  }

  #learnOf(news: News, tookMs: number): void {
    switch (news.is) {
      case "open":
        this.#changed(news);
        if (this.tokens.session !== null) {
          this.#emit("open", { session: this.tokens.session, resumed: news.resumed });
        }
        return this.#opened()?.resolve();
      case "reconnecting": {
        const { is, ...detail } = news;
        if (!news.planned) this.#changed(news);
        return this.#emit(is, detail);
      }
      case "reconnected": {
        const { is, ...detail } = news;
        this.#ends.conversation.reconnected();
        this.#changed(news);
        if (!news.resumed) this.tokens.remembered(null);
        return this.#emit(is, { ...detail, tookMs });
      }
      case "tokenexpired":
        return this.#emit("tokenexpired", { error: LiveError.from(news.error) });
      case "failed":
        return this.#failed(news);
      default:
        news satisfies never;
    }
  }

  #failed(news: Change & { is: "failed" }): void {
    const error = LiveError.from(news.error);
    const opening = this.#opened();
    if (opening !== null) return opening.reject(error);
    this.#emit("reconnectfailed", { error });
    this.#changed(news);
  }

  /** Take the pending `open`, if there is one. */
  #opened(): Opening | null {
    const opening = this.#opening;
    this.#opening = null;
    return opening;
  }

  async #refresh(fresh: boolean): Promise<void> {
    try {
      const grant = await this.tokens.refresh(fresh);
      if (grant !== null) this.tell({ do: "grant", grant });
    } catch (cause) {
      const error = asLiveError(cause);
      this.#emit("wire", { what: "refresh refused", detail: error.code });
      this.tell({ do: "refused", error: error.toJSON() });
    }
  }

  async #look(): Promise<void> {
    const jpeg = await this.#ends.video.frame().catch(() => null);
    if (jpeg !== null) this.tell({ do: "frame", jpeg });
  }
}
