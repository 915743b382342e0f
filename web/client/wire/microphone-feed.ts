/** Sends what the capture worklet records, as fast as the socket takes it. */

import type { Captured } from "../audio/worklets/ports.ts";
import { activityEnd, activityStart, audio, audioStreamEnd, type ClientMessage } from "./messages.ts";
import { type Entry, MicrophoneRing } from "./microphone-ring.ts";
import type { Turns } from "./protocol.ts";
import { FULL_BYTES } from "./socket.ts";

export interface Outlet {
  readonly bufferedBytes: number;
  send(message: ClientMessage): void;
}

export class MicrophoneFeed {
  readonly #turns: Turns;
  readonly ring = new MicrophoneRing();
  #captured = 0;
  #sent = 0;

  constructor(turns: Turns) {
    this.#turns = turns;
  }

  get counts(): { captured: number; sent: number; repeated: number; lost: number } {
    const { repeated, lost } = this.ring;
    return { captured: this.#captured, sent: this.#sent, repeated, lost };
  }

  take(captured: Captured): void {
    if (typeof captured === "string") {
      this.ring.push({ mark: captured });
    } else {
      this.#captured += 1;
      this.ring.push({ pcm: new Int16Array(captured) });
    }
  }

  /** Send everything queued, until the outlet is full; the ring keeps the rest. */
  flow(outlet: Outlet): void {
    while (outlet.bufferedBytes < FULL_BYTES) {
      const entry = this.ring.take();
      if (entry === undefined) return;
      const message = this.#message(entry);
      if (message !== null) outlet.send(message);
    }
  }

  /** Continue on a new connection, which gets the current sentence from its beginning. */
  begin(outlet: Outlet, loss = false): void {
    const whole = this.ring.rewind(this.#turns, loss);
    if (!whole && this.#turns === "hold") outlet.send(activityStart());
    this.flow(outlet);
  }

  forget(): void {
    this.ring.skip();
  }

  #message(entry: Entry): ClientMessage | null {
    if ("pcm" in entry) {
      this.#sent += 1;
      return audio(entry.pcm);
    }
    if (this.#turns === "hold") return entry.mark === "open" ? activityStart() : activityEnd();
    return entry.mark === "open" ? null : audioStreamEnd();
  }
}
