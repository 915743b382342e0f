/**
 * Camera and screen: requests a frame from the page once a second, unless an older one still waits for
 * a slow network.
 */

import { video } from "./messages.ts";
import type { ClientMessage } from "./messages.ts";

/** Gemini uses at most one frame a second (ai.google.dev, Live API). */
const EVERY_MS = 1000;
/** About one frame; a queued one is older than what can be captured now. */
const FULL_BYTES = 64 * 1024;

export interface Watched {
  look(): void;
  /** Infinite without a connection. */
  bufferedBytes(): number;
  send(message: ClientMessage): void;
}

export class Watcher {
  /** Frames sent so far. */
  frames: number;
  readonly #watched: Watched;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(watched: Watched) {
    this.#watched = watched;
    this.frames = 0;
  }

  watch(on: boolean): void {
    clearInterval(this.#timer);
    if (!on) return;
    this.#look();
    this.#timer = setInterval(() => this.#look(), EVERY_MS);
  }

  /** Send a frame, unless it would only be queued. */
  frame(jpeg: Uint8Array): void {
    if (this.#flows()) this.show(jpeg);
  }

  show(jpeg: Uint8Array): void {
    this.#watched.send(video(jpeg));
    this.frames += 1;
  }

  #look(): void {
    if (this.#flows()) this.#watched.look();
  }

  #flows(): boolean {
    return this.#watched.bufferedBytes() < FULL_BYTES;
  }
}
