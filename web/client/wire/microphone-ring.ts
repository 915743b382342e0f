/**
 * Keeps the last 15 seconds of the microphone, and how much of them was sent, and has arrived. Speech is
 * not lost while there is no connection or it is dead, and a sentence cut in two by a reconnect reaches
 * Gemini as one.
 */

import { loudness } from "../audio/worklets/pcm.ts";

export type Entry = { readonly pcm: Int16Array } | { readonly mark: "open" | "shut" };

/** As long as a dead connection may go unnoticed, and a sentence before that. */
export const KEPT_MS = 15_000;
/** Root mean square from which sound counts as speech, about -38 dB. */
const LOUD = 0.012;
/** Added before the start of speech, so that the first consonant is not lost. */
const BEFORE_MS = 200;
/** Silence that ends a sentence; Gemini's default, and then some, because its idea of it may differ. */
const PAUSE_MS = 800;
const TURN_MS = 1300;
const SAMPLES_PER_MS = 16;

export class MicrophoneRing {
  #entries: Entry[] = [];
  /** The number of the oldest entry; numbers only increase. */
  #oldest = 0;
  #next = 0;
  #keptMs = 0;
  /** Where the sentence under way began, and the latest one. */
  #spokenFrom: number | null = null;
  #sentence = 0;
  /** The number after the latest of speech. */
  #spokenTo = 0;
  /** What was sent at the last look, and what of it has arrived. */
  #looked = 0;
  #arrived = 0;
  /** Since the latest of speech, in sound that was kept. */
  #quietMs = Infinity;
  #openedAt: number | null = null;
  #lost = 0;
  #repeated = 0;

  /** Chunks dropped before they could be sent. */
  get lost(): number {
    return this.#lost;
  }

  /** Chunks queued a second time. */
  get repeated(): number {
    return this.#repeated;
  }

  /** Whether someone is in the middle of a sentence. */
  get speaking(): boolean {
    return this.#spokenFrom !== null;
  }

  /** Whether Gemini may not have noticed yet that the sentence is over. */
  get isTurnOpen(): boolean {
    return this.#quietMs < TURN_MS;
  }

  push(entry: Entry): void {
    const number = this.#oldest + this.#entries.length;
    this.#entries.push(entry);
    if ("mark" in entry) {
      this.#openedAt = entry.mark === "open" ? number : null;
      if (entry.mark === "open") return;
      this.#spokenFrom = null;
      this.#quietMs = Infinity;
      return;
    }
    this.#keptMs += lengthMs(entry);
    this.#notice(entry.pcm, number);
    while (this.#keptMs > KEPT_MS) this.#forget();
  }

  /** Take the next entry to send, which then counts as sent. */
  take(): Entry | undefined {
    const entry = this.#entries[this.#next - this.#oldest];
    if (entry !== undefined) this.#next += 1;
    return entry;
  }

  /**
   * Once a second, with whether Gemini said something since the last look: then what was sent before
   * that has arrived.
   */
  look(isHeard: boolean): void {
    if (isHeard) this.#arrived = this.#looked;
    this.#looked = this.#next;
  }

  /**
   * Queue the current sentence again, from its beginning, for a connection that has not heard it. With
   * `hold`, a sentence lasts from push to release. After a `loss`, so is what may not have arrived.
   * Returns whether its beginning is still here.
   */
  rewind(turns: "automatic" | "hold", loss = false): boolean {
    let from = turns === "hold" ? this.#openedAt : this.#spokenFrom;
    if (loss && turns === "automatic" && this.#spokenTo > this.#arrived)
      from = Math.min(this.#sentence, this.#arrived);
    if (from === null || from >= this.#next) return true;
    const start = Math.max(from, this.#oldest);
    const again = this.#entries.slice(start - this.#oldest, this.#next - this.#oldest);
    this.#repeated += again.filter((entry) => "pcm" in entry).length;
    this.#next = start;
    return from >= this.#oldest;
  }

  /** Discard everything that was not sent yet. */
  skip(): void {
    this.#next = this.#oldest + this.#entries.length;
    this.#spokenFrom = null;
    this.#arrived = this.#next;
  }

  #notice(pcm: Int16Array, number: number): void {
    const ms = pcm.length / SAMPLES_PER_MS;
    this.#quietMs = loudness(pcm) >= LOUD ? 0 : this.#quietMs + ms;
    if (this.#quietMs === 0) {
      this.#sentence = this.#spokenFrom ??= number - Math.ceil(BEFORE_MS / Math.max(ms, 1));
      this.#spokenTo = number + 1;
    } else if (this.#quietMs >= PAUSE_MS) this.#spokenFrom = null;
  }

  #forget(): void {
    const entry = this.#entries.shift();
    if (entry === undefined) return;
    this.#keptMs -= lengthMs(entry);
    if (this.#next === this.#oldest) {
      this.#next += 1;
      if ("pcm" in entry) this.#lost += 1;
    }
    this.#oldest += 1;
  }
}

function lengthMs(entry: Entry): number {
  return "pcm" in entry ? entry.pcm.length / SAMPLES_PER_MS : 0;
}
