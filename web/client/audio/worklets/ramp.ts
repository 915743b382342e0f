/** A gain that changes linearly, so that starting and stopping does not click. */

export class Ramp {
  readonly #step: number;
  #gain: number;
  #goal: number;

  /** `samples` is the length of a full fade. */
  constructor(samples: number, gain = 1) {
    this.#step = 1 / samples;
    this.#gain = this.#goal = gain;
  }

  get silent(): boolean {
    return this.#gain === 0 && this.#goal === 0;
  }

  to(goal: 0 | 1): void {
    this.#goal = goal;
  }

  jump(gain: 0 | 1): void {
    this.#gain = this.#goal = gain;
  }

  /** Scale the samples in place. */
  apply(samples: Float32Array): void {
    if (this.#gain === 1 && this.#goal === 1) return;
    for (let i = 0; i < samples.length; i++) {
      const left = this.#goal - this.#gain;
      this.#gain += Math.abs(left) <= this.#step ? left : Math.sign(left) * this.#step;
      samples[i] = (samples[i] ?? 0) * this.#gain;
    }
  }
}
