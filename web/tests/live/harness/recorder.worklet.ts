/** Records what passes, as 16-bit samples in blocks. */

const BLOCK = 4096;

class Recorder extends AudioWorkletProcessor {
  #block = new Int16Array(BLOCK);
  #filled = 0;

  process(inputs: Float32Array[][]): boolean {
    for (const sample of inputs[0]?.[0] ?? []) {
      this.#block[this.#filled++] = Math.max(-1, Math.min(1, sample)) * 32767;
      if (this.#filled === BLOCK) this.#pass();
    }
    return true;
  }

  #pass(): void {
    this.port.postMessage(this.#block, [this.#block.buffer]);
    this.#block = new Int16Array(BLOCK);
    this.#filled = 0;
  }
}

registerProcessor("recorder", Recorder);
