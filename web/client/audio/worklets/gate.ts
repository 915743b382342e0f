/**
 * The gate of the microphone. Shut, it lets no sound of the room through from that moment, but
 * silence for a while: some models find the end of a question only in what is streamed after it, and
 * `audioStreamEnd` is none to them (openclaw 152830).
 */

export class Gate {
  #open = false;
  /** Samples of silence that are still to pass. */
  #left = 0;

  get isOpen(): boolean {
    return this.#open;
  }

  /** Whether nothing passes any more. */
  get isShut(): boolean {
    return !this.#open && this.#left <= 0;
  }

  /** `silence`: in samples, how much of it follows before nothing does. */
  move(open: boolean, silence: number): void {
    this.#open = open;
    this.#left = silence;
  }

  /** Silence a block where the gate is shut; returns whether it passes. */
  pass(block: Float32Array, length: number): boolean {
    if (this.#open) return true;
    if (this.#left <= 0) return false;
    block.fill(0, 0, length);
    this.#left -= length;
    return true;
  }
}
