/**
 * Decides when to play and when to wait. At first nothing is held back. Each time the sound runs out in
 * the middle of a turn, the next start waits for 20 ms more, up to 120 ms; 10 s without a gap take 20 ms
 * off again.
 */

export const GROWTH_MS = 20;
export const LIMIT_MS = 120;
export const CLEAN_MS = 10_000;

type Mode = "idle" | "filling" | "playing" | "starved";

export class JitterBuffer {
  #mode: Mode = "idle";
  #holdMs = 0;
  #cleanMs = 0;

  /** How many milliseconds have to be queued before playback starts. */
  get holdMs(): number {
    return this.#holdMs;
  }

  /** Whether sound is playing or about to. */
  get playing(): boolean {
    return this.#mode !== "idle";
  }

  /**
   * Whether to play the next `blockMs`. With `ended`, the turn is complete, so an empty queue is not a
   * gap.
   */
  plays(queuedMs: number, ended: boolean, blockMs: number): boolean {
    if (this.#mode === "playing" && queuedMs <= 0) this.#mode = ended ? "idle" : "starved";
    if (this.#mode === "starved") this.#starve(queuedMs, ended);
    if (this.#mode === "idle" && queuedMs > 0) this.#mode = "filling";
    if (this.#mode === "filling" && (ended || queuedMs >= this.#holdMs)) this.#mode = "playing";
    if (this.#mode === "playing" && queuedMs > 0) this.#clean(blockMs);
    return this.#mode === "playing" && queuedMs > 0;
  }

  /** The queue was discarded. */
  flush(): void {
    this.#mode = "idle";
  }

  #starve(queuedMs: number, ended: boolean): void {
    if (queuedMs > 0) {
      this.#cleanMs = 0;
      this.#holdMs = Math.min(LIMIT_MS, this.#holdMs + GROWTH_MS);
      this.#mode = "filling";
    } else if (ended) {
      this.#mode = "idle";
    }
  }

  #clean(blockMs: number): void {
    this.#cleanMs += blockMs;
    if (this.#cleanMs < CLEAN_MS) return;
    this.#cleanMs = 0;
    this.#holdMs = Math.max(0, this.#holdMs - GROWTH_MS);
  }
}
