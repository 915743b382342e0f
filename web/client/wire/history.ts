/** What was said, for a connection that does not know of it. */

import type { TranscriptEntry } from "../conversation/transcript.ts";
import { type ClientMessage, clientContent } from "./messages.ts";

/** Entries: some 2,000 tokens, which every turn from then on is billed for. */
const MOST = 40;

export class TalkHistory {
  readonly #said = new Map<number, TranscriptEntry>();
  #last = 0;
  #known = 0;

  /** An entry is new or has changed. */
  take(entry: TranscriptEntry): void {
    this.#said.set(entry.id, entry);
    this.#last = entry.id;
  }

  /** There is a handle: who resumes by it knows all until here. */
  mark(): void {
    this.#known = this.#last;
  }

  /**
   * The newest of what is not known, as history; null if there is nothing. To a fresh connection
   * nothing is known. What was written last and has no answer is answered by `answer`; without, it
   * is being answered, and history would interrupt that.
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

/** By the user: answered, whatever else is heard. */
function isWritten({ who, kind }: TranscriptEntry): boolean {
  return who === "user" && kind === "text";
}
