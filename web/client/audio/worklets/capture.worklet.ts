/**
 * The microphone, in the audio thread: resamples from the device's rate to 16 kHz and sends chunks of 20
 * ms directly to the wire's worker. The gate mutes; the wire gets its changes in order with the sound.
 */

import { Chunker } from "./chunker.ts";
import { Gate } from "./gate.ts";
import { loudness } from "./pcm.ts";
import { type Captured, CHUNK_MS, type CaptureOrder, type CaptureReport, HEARING_HZ } from "./ports.ts";
import { Resampler } from "./resample.ts";

/**
 * A source that is silent may come without any channel, as one of a disabled track does in Firefox
 * (WebAudio/web-audio-api#1480); a turn that ends by silence needs it all the same.
 */
const NOTHING = new Float32Array(128);

class Capture extends AudioWorkletProcessor {
  readonly #resampler = new Resampler(sampleRate, HEARING_HZ);
  readonly #chunker = new Chunker((HEARING_HZ * CHUNK_MS) / 1000);
  readonly #resampled = new Float32Array(256);
  #wire: MessagePort | null = null;
  readonly #gate = new Gate();
  #quiet = false;

  constructor() {
    super();
    this.port.onmessage = ({ data }: MessageEvent<CaptureOrder>) => this.#obey(data);
  }

  process(inputs: Float32Array[][]): boolean {
    const input = inputs[0]?.[0] ?? NOTHING;
    const count = this.#resampler.process(input, input.length, this.#resampled);
    if (this.#gate.pass(this.#resampled, count)) {
      this.#chunker.take(this.#resampled, count, this.#cut);
      if (this.#gate.isShut) this.#mark("shut");
    }
    return true;
  }

  readonly #cut = (chunk: Int16Array<ArrayBuffer>): void => {
    this.#report(loudness(chunk));
    this.#send(chunk.buffer);
  };

  #obey(order: CaptureOrder): void {
    if ("wire" in order) {
      this.#wire = order.wire;
    } else if (order.open !== this.#gate.isOpen) {
      this.#gate.move(order.open, (HEARING_HZ * order.silenceMs) / 1000);
      if (order.open) return this.#mark("open");
      if (this.#gate.isShut) this.#mark("shut");
      this.#report(0);
    }
  }

  #mark(move: "open" | "shut"): void {
    const rest = this.#chunker.rest();
    if (rest !== null) this.#send(rest.buffer);
    this.#send(move);
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
