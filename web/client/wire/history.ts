/** The transcript, for a connection that does not know it. */

import type { TranscriptEntry } from "../conversation/transcript.ts";
import { type ClientMessage, clientContent, text } from "./messages.ts";

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
  #isTaken = true;

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
    if (refused) this.#isTaken = false;
    return refused;
  }

  /** Send nothing of it again. */
  forget(): void {
    this.#said.clear();
    this.#last = this.#known = 0;
  }

  /**
   * Return the newest entries that the connection does not know, or null. A `fresh` connection knows
   * none. If the last one is text that has no answer yet, `answer` requests one; otherwise it is being
   * answered, and history would interrupt. A model that refuses history gets that text alone.
   */
  message(fresh: boolean, answer: boolean, nowMs: number): ClientMessage | null {
    const unknown = [...this.#said.values()].filter(
      (entry) => entry.text !== "" && (fresh || entry.id > this.#known),
    );
    const last = unknown.at(-1);
    if (last === undefined || (!answer && isWritten(last))) return null;
    if (!this.#isTaken) return isWritten(last) ? text(last.text) : null;
    this.#sentMs = nowMs;
    const turns = unknown.slice(-MOST).map(({ who, text: words }) => ({
      role: who,
      parts: [{ text: words }],
    }));
    return clientContent(turns, isWritten(last));
  }
}

/** Typed by the user, so Gemini must answer it. */
function isWritten({ who, kind }: TranscriptEntry): boolean {
  return who === "user" && kind === "text";
}
