/** Keeps the screen on during a talk. Browsers release the lock whenever the page is hidden. */

export class WakeLock {
  #lock: WakeLockSentinel | undefined;
  #wanted = false;

  hold(): void {
    this.#wanted = true;
    void this.ask();
  }

  release(): void {
    this.#wanted = false;
    void this.#lock?.release();
    this.#lock = undefined;
  }

  /** Ask for it again, if it is wanted; call it when the page is shown. */
  async ask(): Promise<void> {
    if (!this.#wanted) return;
    try {
      this.#lock = await navigator.wakeLock?.request("screen");
      if (!this.#wanted) this.release();
    } catch {
      // Refused when the page is hidden or the battery is low; the talk continues without it.
    }
  }
}
