/** Cuts a stream of samples into chunks of one length, 16-bit. */

import { toPcm } from "./pcm.ts";

export class Chunker {
  readonly #samples: number;
  #chunk: Int16Array<ArrayBuffer>;
  #length = 0;

  /** `samples` is the length of a chunk: 320 are 20 ms at 16 kHz. */
  constructor(samples: number) {
    this.#samples = samples;
    this.#chunk = new Int16Array(samples);
  }

  /** Add `length` samples of `input`; `cut` gets every chunk that is full. */
  take(input: Float32Array, length: number, cut: (chunk: Int16Array<ArrayBuffer>) => void): void {
    for (let i = 0; i < length; i++) {
      this.#chunk[this.#length++] = toPcm(input[i] ?? 0);
      if (this.#length === this.#samples) {
        const full = this.#chunk;
        this.#chunk = new Int16Array(this.#samples);
        this.#length = 0;
        cut(full);
      }
    }
  }

  /** Return what is left, shorter than a chunk, or null. */
  rest(): Int16Array<ArrayBuffer> | null {
    const rest = this.#length === 0 ? null : this.#chunk.slice(0, this.#length);
    this.#length = 0;
    return rest;
  }
}
