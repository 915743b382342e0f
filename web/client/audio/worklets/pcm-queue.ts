/** A queue of sound to play: 16-bit chunks of any length. */

import { fromPcm } from "./pcm.ts";

export class PcmQueue {
  #chunks: Int16Array[] = [];
  #offset = 0;
  #length = 0;

  /** In samples. */
  get length(): number {
    return this.#length;
  }

  push(chunk: Int16Array): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
  }

  /** Fill the first `count` samples of `target`; silence once the queue is empty. */
  pull(target: Float32Array, count: number): void {
    let written = 0;
    while (written < count) {
      const chunk = this.#chunks[0];
      if (chunk === undefined) break;
      const end = Math.min(chunk.length, this.#offset + count - written);
      while (this.#offset < end) target[written++] = fromPcm(chunk[this.#offset++] ?? 0);
      if (this.#offset === chunk.length) {
        this.#chunks.shift();
        this.#offset = 0;
      }
    }
    this.#length -= written;
    target.fill(0, written, count);
  }

  clear(): void {
    this.#chunks = [];
    this.#offset = this.#length = 0;
  }
}
