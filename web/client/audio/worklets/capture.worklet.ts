/**
 * The microphone, in the audio thread: resamples from the device's rate to 16 kHz and sends chunks of 20
 * ms directly to the wire's worker. The gate mutes; the wire gets its changes in order with the sound.
 */

import { Chunker } from "./chunker.ts";
import { loudness } from "./pcm.ts";
import { type Captured, CHUNK_MS, type CaptureOrder, type CaptureReport, HEARING_HZ } from "./ports.ts";
import { Resampler } from "./resample.ts";

class Capture extends AudioWorkletProcessor {
  readonly #resampler = new Resampler(sampleRate, HEARING_HZ);
  readonly #chunker = new Chunker((HEARING_HZ * CHUNK_MS) / 1000);
  readonly #resampled = new Float32Array(256);
  #wire: MessagePort | null = null;
  #open = false;
  #quiet = false;

  constructor() {
    super();
    this.port.onmessage = ({ data }: MessageEvent<CaptureOrder>) => this.#obey(data);
  }

  process(inputs: Float32Array[][]): boolean {
    const input = inputs[0]?.[0];
    if (input === undefined) return true;
    const count = this.#resampler.process(input, input.length, this.#resampled);
    if (this.#open) this.#chunker.take(this.#resampled, count, this.#cut);
    return true;
  }

  readonly #cut = (chunk: Int16Array<ArrayBuffer>): void => {
    this.#report(loudness(chunk));
    this.#send(chunk.buffer);
  };

  #obey(order: CaptureOrder): void {
    if ("wire" in order) {
      this.#wire = order.wire;
    } else if (order.open !== this.#open) {
      this.#open = order.open;
      const rest = this.#chunker.rest();
      if (rest !== null) this.#send(rest.buffer);
      this.#send(order.open ? "open" : "shut");
      if (!order.open) this.#report(0);
    }
  }

  /** Reports every second chunk: 25 times a second. */
  #report(level: number): void {
    this.#quiet = level > 0 && !this.#quiet;
    if (!this.#quiet) this.port.postMessage({ level } satisfies CaptureReport);
  }

  #send(captured: Captured): void {
    this.#wire?.postMessage(captured, typeof captured === "string" ? [] : [captured]);
  }
}

registerProcessor("livepass-capture", Capture);
