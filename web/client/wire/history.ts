/** The transcript, for a connection that does not know it. */

import type { TranscriptEntry } from "../conversation/transcript.ts";
import { type ClientMessage, clientContent } from "./messages.ts";

/** In entries. About 2,000 tokens, for which every later turn is billed. */
const MOST = 40;

export class TalkHistory {
  readonly #said = new Map<number, TranscriptEntry>();
  #last = 0;
  #known = 0;

  /** Add or update an entry. */
  take(entry: TranscriptEntry): void {
    this.#said.set(entry.id, entry);
    this.#last = entry.id;
  }

  /** Gemini has sent a handle: a connection that resumes by it knows everything so far. */
  mark(): void {
    this.#known = this.#last;
  }

  /**
   * Return the newest entries that the connection does not know, or null. A `fresh` connection knows
   * none. If the last one is text that has no answer yet, `answer` requests one; otherwise it is being
   * answered, and history would interrupt.
   */
  message(fresh: boolean, answer: boolean): ClientMessage | null {
    const unknown = [...this.#said.values()].filter(
      ({ id, text }) => text !== "" && (fresh || id > this.#known),
    );
    const last = unknown.at(-1);
    if (last === undefined || (!answer && isWritten(last))) return null;
    const turns = unknown.slice(-MOST).map(({ who, text }) => ({ role: who, parts: [{ text }] }));
    return clientContent(turns, isWritten(last));
  }
}

/** Typed by the user, so Gemini must answer it. */
function isWritten({ who, kind }: TranscriptEntry): boolean {
  return who === "user" && kind === "text";
}
