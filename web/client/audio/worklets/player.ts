/** Plays chunks as they arrive, at the device's rate. Pure, so its sound can be tested. */

import { JitterBuffer } from "./jitter-buffer.ts";
import { PcmQueue } from "./pcm-queue.ts";
import { SPEAKING_HZ } from "./ports.ts";
import { Ramp } from "./ramp.ts";
import { Resampler } from "./resample.ts";

/** Long enough not to click, short enough to sound immediate. */
export const RAMP_MS = 5;

export class Player {
  readonly #rate: number;
  readonly #resampler: Resampler;
  readonly #queue = new PcmQueue();
  /** Fades out after a flush. */
  readonly #dying = new PcmQueue();
  readonly #jitter = new JitterBuffer();
  readonly #ramp: Ramp;
  readonly #input = new Float32Array(1024);
  #ended = false;
  #fades = false;
  /** Output samples until the filter has no input left. */
  #tail = 0;

  constructor(rate: number) {
    this.#rate = rate;
    this.#resampler = new Resampler(SPEAKING_HZ, rate);
    this.#ramp = new Ramp(Math.ceil((rate * RAMP_MS) / 1000));
  }

  get playing(): boolean {
    return this.#jitter.playing || this.#fades;
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
    if (this.#tail > 0 && !this.#fades) {
      this.#queue.moveTo(this.#dying);
      this.#fades = true;
      this.#ramp.to(0);
    }
    this.#queue.clear();
    this.#jitter.flush();
    this.#ended = true;
  }

  /** Fill one block of output. */
  render(output: Float32Array): void {
    if (this.#fades) {
      this.#pull(this.#dying, output);
      this.#ramp.apply(output);
      if (this.#ramp.silent) this.#fresh();
      return;
    }
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

  #fresh(): void {
    this.#dying.clear();
    this.#resampler.reset();
    this.#ramp.jump(1);
    this.#fades = false;
    this.#tail = 0;
  }
}
