/** The transcript, for a connection that does not know it. */

import type { TranscriptEntry } from "../conversation/transcript.ts";
import { type ClientMessage, clientContent, type Content, text } from "./messages.ts";

/** In entries. About 2,000 tokens, for which every later turn is billed. */
const MOST = 40;
/** Models whose handles are of a moment give one about every 1.2 s, be it empty. */
const PERIODIC_MS = 3000;
/** What is refused later than this after history is something else. */
const REFUSED_MS = 5000;

export class TalkHistory {
  readonly #said = new Map<number, TranscriptEntry>();
  #last = 0;
  #known = 0;
  /** Handles of this connection, empty ones too, and when the last came. */
  #handles = 0;
  #handleMs = 0;
  /** When history was sent on this connection, and whether this model takes any. */
  #sentMs = Number.NEGATIVE_INFINITY;
  #isRefused = false;
  #isTaken = true;
  #isAnnounced = false;

  /** Add or update an entry. */
  take(entry: TranscriptEntry): void {
    this.#said.set(entry.id, entry);
    this.#last = entry.id;
  }

  /** A connection that resumes knows everything said so far. */
  mark(): void {
    this.#known = this.#last;
  }

  /** Gemini sent a handle, or an empty one. */
  handle(nowMs: number): void {
    this.#handles += 1;
    this.#handleMs = nowMs;
  }

  /**
   * This connection is left. A handle that stayed the only one stands for the talk, and not for its
   * moment; only what was written last and has no answer still needs one.
   */
  leave(nowMs: number): void {
    if (this.#handles === 1 && nowMs - this.#handleMs > PERIODIC_MS) {
      const last = this.#said.get(this.#last);
      this.#known = last !== undefined && isWritten(last) ? last.id - 1 : this.#last;
    }
    this.#handles = 0;
    this.#sentMs = Number.NEGATIVE_INFINITY;
  }

  /** Whether what this connection was refused is its history, which then is not sent again. */
  refused(nowMs: number): boolean {
    const refused = nowMs - this.#sentMs < REFUSED_MS;
    this.#isRefused ||= refused;
    return refused;
  }

  /**
   * How the setup of a fresh connection announces its history, for a model that takes it in no other way
   * and at no other time (livekit/agents 5262; ai.google.dev/api/live, HistoryConfig).
   */
  announce(model: string, fresh: boolean): object {
    const isFussy = model.includes("3.1");
    this.#isAnnounced = isFussy && fresh && !this.#isRefused && this.#said.size > 0;
    this.#isTaken = !this.#isRefused && (!isFussy || this.#isAnnounced);
    return this.#isAnnounced ? { historyConfig: { initialHistoryInClientContent: true } } : {};
  }

  /** Send nothing of it again. */
  forget(): void {
    this.#said.clear();
    this.#last = this.#known = 0;
  }

  /**
   * Return the newest entries that the connection does not know. A `fresh` connection knows none. Of a
   * last one that is text without an answer, `ask` requests one, and `tell` does not; with `add`, it is
   * being answered, and history would interrupt. A model that takes no history gets that text alone.
   */
  messages(fresh: boolean, how: "ask" | "tell" | "add", nowMs: number): ClientMessage[] {
    const unknown = [...this.#said.values()].filter(
      (entry) => entry.text !== "" && (fresh || entry.id > this.#known),
    );
    const last = unknown.at(-1);
    if (last === undefined || (how === "add" && isWritten(last))) return [];
    const asks = how === "ask" && isWritten(last);
    const question = asks ? [text(last.text)] : [];
    if (!this.#isTaken) return question;
    this.#sentMs = nowMs;
    if (!this.#isAnnounced) return [clientContent(contents(unknown), asks)];
    const before = asks ? unknown.slice(0, -1) : unknown;
    return [clientContent(contents(before), true), ...question];
  }
}

function contents(entries: readonly TranscriptEntry[]): Content[] {
  return entries.slice(-MOST).map(({ who, text: words }) => ({ role: who, parts: [{ text: words }] }));
}

/** Typed by the user, so Gemini must answer it. */
function isWritten({ who, kind }: TranscriptEntry): boolean {
  return who === "user" && kind === "text";
}
