/** Gemini's voice, in the audio thread: gets 24 kHz chunks directly from the wire's worker. */

import { Player } from "./player.ts";
import type { PlaybackOrder, PlaybackReport, ToPlay } from "./ports.ts";

class Playback extends AudioWorkletProcessor {
  readonly #player = new Player(sampleRate);
  /** 25 reports a second. */
  readonly #reportEvery = sampleRate / 25;
  #sinceReport = 0;
  #energy = 0;
  #playing = false;

  constructor() {
    super();
    this.port.onmessage = ({ data }: MessageEvent<PlaybackOrder>) => {
      data.wire.onmessage = (event: MessageEvent<ToPlay>) => this.#take(event.data);
    };
  }

  process(_inputs: Float32Array[][], outputs: Float32Array[][]): boolean {
    const output = outputs[0]?.[0];
    if (output === undefined) return true;
    this.#player.render(output);
    for (const sample of output) this.#energy += sample * sample;
    this.#sinceReport += output.length;
    if (this.#player.playing !== this.#playing || this.#sinceReport >= this.#reportEvery) {
      this.#report();
    }
    return true;
  }

  #take(toPlay: ToPlay): void {
    if (toPlay === "end") this.#player.end();
    else if (toPlay === "flush") this.#player.flush();
    else this.#player.push(new Int16Array(toPlay));
  }

  #report(): void {
    const { playing } = this.#player;
    const level = playing ? Math.sqrt(this.#energy / this.#sinceReport) : 0;
    if (playing || this.#playing) {
      this.port.postMessage({ level, playing } satisfies PlaybackReport);
    }
    this.#playing = playing;
    this.#energy = this.#sinceReport = 0;
  }
}

registerProcessor("livepass-playback", Playback);
