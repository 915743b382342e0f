/**
 * The last five seconds of the microphone, and how far they were sent, so that what is spoken
 * while there is no connection is not lost, and a sentence that a broken connection cut in two is
 * heard as one.
 */

import { loudness } from "../audio/worklets/pcm.ts";

export type Entry = { readonly pcm: Int16Array } | { readonly mark: "open" | "shut" };

export const KEPT_MS = 5000;
/** Root mean square of what counts as speech, about -38 dB. */
const LOUD = 0.012;
/** Kept of what was before speech was noticed, so that no first consonant is lost. */
const BEFORE_MS = 200;
/** Silence after which a sentence is over: what Gemini waits for by default. */
const PAUSE_MS = 800;
const SAMPLES_PER_MS = 16;

export class MicrophoneRing {
  #entries: Entry[] = [];
  /** The number of the oldest entry; numbers count up for ever. */
  #oldest = 0;
  #next = 0;
  #keptMs = 0;
  #spokenFrom: number | null = null;
  #quietMs = 0;
  #openedAt: number | null = null;
  #lost = 0;
  #repeated = 0;

  /** Chunks that fell out before they could be sent. */
  get lost(): number {
    return this.#lost;
  }

  /** Chunks that were to be sent a second time. */
  get repeated(): number {
    return this.#repeated;
  }

  /** Whether somebody is in the middle of a sentence. */
  get speaking(): boolean {
    return this.#spokenFrom !== null;
  }

  push(entry: Entry): void {
    const number = this.#oldest + this.#entries.length;
    this.#entries.push(entry);
    if ("mark" in entry) {
      this.#openedAt = entry.mark === "open" ? number : null;
      if (entry.mark === "shut") this.#spokenFrom = null;
      return;
    }
    this.#keptMs += lengthMs(entry);
    this.#notice(entry.pcm, number);
    while (this.#keptMs > KEPT_MS) this.#forget();
  }

  /** The next to be sent, which then counts as sent. */
  take(): Entry | undefined {
    const entry = this.#entries[this.#next - this.#oldest];
    if (entry !== undefined) this.#next += 1;
    return entry;
  }

  /**
   * Send the sentence that is being spoken from its beginning; a new connection has not heard it.
   * `hold`: a sentence is from push to release. Returns whether its beginning is still here.
   */
  rewind(turns: "automatic" | "hold"): boolean {
    const from = turns === "hold" ? this.#openedAt : this.#spokenFrom;
    if (from === null || from >= this.#next) return true;
    const start = Math.max(from, this.#oldest);
    const again = this.#entries.slice(start - this.#oldest, this.#next - this.#oldest);
    this.#repeated += again.filter((entry) => "pcm" in entry).length;
    this.#next = start;
    return from >= this.#oldest;
  }

  /** Never send what was not sent until now. */
  skip(): void {
    this.#next = this.#oldest + this.#entries.length;
    this.#spokenFrom = null;
  }

  #notice(pcm: Int16Array, number: number): void {
    const ms = pcm.length / SAMPLES_PER_MS;
    this.#quietMs = loudness(pcm) >= LOUD ? 0 : this.#quietMs + ms;
    if (this.#quietMs === 0) this.#spokenFrom ??= number - Math.ceil(BEFORE_MS / Math.max(ms, 1));
    else if (this.#quietMs >= PAUSE_MS) this.#spokenFrom = null;
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
