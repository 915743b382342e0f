/**
 * A streaming resampler: a windowed-sinc filter, polyphase, with linear interpolation between phases, so
 * that any ratio works. (44.1 kHz microphones are common, and Firefox cannot connect one to an
 * AudioContext at 16 kHz: bugzilla 1674892.)
 */

const TAPS = 48;
const PHASES = 64;
/** As a share of the lower Nyquist frequency; the rest is the filter's slope. */
const PASSBAND = 0.92;
/** Kaiser's beta: side lobes 63 dB down. */
const BETA = 6;
const LONGEST_BLOCK = 8192;

export class Resampler {
  readonly #step: number;
  readonly #filters: Float32Array;
  readonly #buffer = new Float32Array(LONGEST_BLOCK + 2 * TAPS);
  #length = 0;
  #position = 0;

  /** Rates in Hz. */
  constructor(from: number, to: number) {
    this.#step = from / to;
    this.#filters = filters(Math.min(1, to / from) * PASSBAND);
    this.reset();
  }

  /** Start a new stream. The delay is half the filter: 24 samples of input. */
  reset(): void {
    this.#length = TAPS / 2;
    this.#position = 0;
    this.#buffer.fill(0, 0, this.#length);
  }

  /** How many input samples it takes to produce `count` output samples. */
  needs(count: number): number {
    const last = Math.floor(this.#position + (count - 1) * this.#step);
    return Math.max(0, last + TAPS - this.#length);
  }

  /** Resample `length` samples of `input`, at most 8192; return how many were written to `output`. */
  process(input: Float32Array, length: number, output: Float32Array): number {
    this.#buffer.set(length === input.length ? input : input.subarray(0, length), this.#length);
    this.#length += length;
    let written = 0;
    const first = this.#position;
    while (Math.floor(this.#position) + TAPS <= this.#length && written < output.length) {
      output[written++] = this.#at(this.#position);
      this.#position = first + written * this.#step; // computed as in `needs`, so that rounding errors do not add up
    }
    const used = Math.min(Math.floor(this.#position), this.#length);
    this.#buffer.copyWithin(0, used, this.#length);
    this.#length -= used;
    this.#position -= used;
    return written;
  }

  #at(position: number): number {
    const start = Math.floor(position);
    const phase = (position - start) * PHASES;
    const row = Math.floor(phase);
    const between = phase - row;
    const first = row * TAPS;
    let low = 0;
    let high = 0;
    for (let tap = 0; tap < TAPS; tap++) {
      const sample = this.#buffer[start + tap] ?? 0;
      low += sample * (this.#filters[first + tap] ?? 0);
      high += sample * (this.#filters[first + TAPS + tap] ?? 0);
    }
    return low + (high - low) * between;
  }
}

/** One filter for each phase, and one more to interpolate to. Each has a gain of 1 at 0 Hz. */
function filters(cutoff: number): Float32Array {
  const table = new Float32Array((PHASES + 1) * TAPS);
  for (let phase = 0; phase <= PHASES; phase++) {
    const row = table.subarray(phase * TAPS, (phase + 1) * TAPS);
    let sum = 0;
    for (let tap = 0; tap < TAPS; tap++) {
      const at = tap - (TAPS / 2 - 1) - phase / PHASES;
      const value = sinc(cutoff * at) * kaiser(at / (TAPS / 2));
      row[tap] = value;
      sum += value;
    }
    for (let tap = 0; tap < TAPS; tap++) row[tap] = (row[tap] ?? 0) / sum;
  }
  return table;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** Kaiser's window, from -1 to 1. Its gain does not matter: each filter is brought to 1. */
function kaiser(x: number): number {
  return bessel(BETA * Math.sqrt(1 - x * x));
}

/** The modified Bessel function of order 0, by its series. */
function bessel(x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > 1e-9 * sum; k++) sum += term *= (x / (2 * k)) ** 2;
  return sum;
}
