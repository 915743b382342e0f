/** Plays chunks as they arrive, at the device's rate. Pure, so its sound can be tested. */

import { JitterBuffer } from "./jitter-buffer.ts";
import { PcmQueue } from "./pcm-queue.ts";
import { SPEAKING_HZ } from "./ports.ts";
import { Resampler } from "./resample.ts";

/** Long enough not to click, short enough to sound immediate. */
export const RAMP_MS = 5;

export class Player {
  readonly #rate: number;
  readonly #resampler: Resampler;
  #queue = new PcmQueue();
  /** Fades out after a flush. */
  #dying = new PcmQueue();
  readonly #jitter = new JitterBuffer();
  readonly #rampSamples: number;
  readonly #input = new Float32Array(1024);
  #ended = false;
  /** Samples that still fade out; 0 if none do. */
  #fading = 0;
  /** Output samples until the filter has no input left. */
  #tail = 0;

  constructor(rate: number) {
    this.#rate = rate;
    this.#resampler = new Resampler(SPEAKING_HZ, rate);
    this.#rampSamples = Math.ceil((rate * RAMP_MS) / 1000);
  }

  get playing(): boolean {
    return this.#jitter.playing || this.#fading > 0;
  }

  push(chunk: Int16Array): void {
    this.#ended = false;
    this.#queue.push(chunk);
  }

  /** The turn is complete. */
  end(): void {
    this.#ended = true;
  }

  /** Fade out within 5 ms, and discard what was not played. */
  flush(): void {
    if (this.#tail > 0 && this.#fading === 0) {
      [this.#queue, this.#dying] = [this.#dying, this.#queue];
      this.#fading = this.#rampSamples;
    }
    this.#queue.clear();
    this.#jitter.flush();
    this.#ended = true;
  }

  /** Fill one block of output. */
  render(output: Float32Array): void {
    if (this.#fading > 0) return this.#fade(output);
    const blockMs = (output.length * 1000) / this.#rate;
    const queuedMs = (this.#queue.length * 1000) / SPEAKING_HZ;
    if (this.#jitter.plays(queuedMs, this.#ended, blockMs)) this.#tail = this.#rate / 200;
    if (this.#tail > 0) this.#pull(this.#queue, output);
    else output.fill(0);
    this.#tail -= output.length;
    if (this.#tail <= 0) this.#resampler.reset();
  }

  #pull(queue: PcmQueue, output: Float32Array): void {
    const needed = this.#resampler.needs(output.length);
    queue.pull(this.#input, needed);
    this.#resampler.process(this.#input, needed, output);
  }

  #fade(output: Float32Array): void {
    this.#pull(this.#dying, output);
    for (let at = 0; at < output.length; at++) {
      this.#fading = Math.max(0, this.#fading - 1);
      output[at] = ((output[at] ?? 0) * this.#fading) / this.#rampSamples;
    }
    if (this.#fading > 0) return;
    this.#dying.clear();
    this.#resampler.reset();
    this.#tail = 0;
  }
}
