/** Listens to what passes, and reports, by the wall clock, when it becomes loud and when silent. */

const LOUD = 0.004;
/** How long silence must last; a zero crossing is none. */
const SILENT_MS = 4;

class Ear extends AudioWorkletProcessor {
  #loud = false;
  #quietSamples = 0;

  process(inputs: Float32Array[][]): boolean {
    const input = inputs[0]?.[0];
    const at = Date.now();
    const heard = input?.some((sample) => Math.abs(sample) > LOUD) ?? false;
    this.#quietSamples = heard ? 0 : this.#quietSamples + (input?.length ?? 128);
    const quietMs = (this.#quietSamples * 1000) / sampleRate;
    if (heard && !this.#loud) this.port.postMessage({ loud: true, at });
    if (!heard && this.#loud && quietMs >= SILENT_MS) {
      this.port.postMessage({ loud: false, at: at - quietMs });
    }
    this.#loud = heard || (this.#loud && quietMs < SILENT_MS);
    return true;
  }
}

registerProcessor("ear", Ear);
