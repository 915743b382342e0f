/** Keeps the screen on during a talk; the browser takes the lock back whenever the page hides. */

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
      // Refused to a hidden page, or at low battery: the talk goes on with a screen that may go dark.
    }
  }
}
