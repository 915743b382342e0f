/** Keeps the screen on during a talk. Browsers release the lock whenever the page is hidden. */

export class WakeLock {
  #lock: WakeLockSentinel | null = null;
  #wanted = false;
  readonly #seen = (): void => void this.#ask();

  hold(): void {
    this.#wanted = true;
    document.addEventListener("visibilitychange", this.#seen);
    void this.#ask();
  }

  release(): void {
    this.#wanted = false;
    document.removeEventListener("visibilitychange", this.#seen);
    void this.#lock?.release();
    this.#lock = null;
  }

  async #ask(): Promise<void> {
    try {
      const lock = await navigator.wakeLock?.request("screen");
      if (this.#wanted) this.#lock = lock ?? null;
      else await lock?.release();
    } catch {
      // Refused when the page is hidden or the battery is low; the talk continues without it.
    }
  }
}
