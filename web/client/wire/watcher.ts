/**
 * Camera and screen: requests a frame from the page about once a second, less often on a slow network,
 * and turns it into a JPEG of at most 768 px here, off the page's thread.
 */

import { video } from "./messages.ts";
import type { ClientMessage } from "./messages.ts";

/** Gemini uses at most one frame a second (ai.google.dev, Live API). */
const USUAL_MS = 1000;
const SLOWEST_MS = 4000;
/** About one frame; a queued one is older than what can be captured now. */
const FULL_BYTES = 64 * 1024;
const LONGEST_SIDE = 768;
const QUALITY = 0.8;

export interface Watched {
  look(): void;
  /** Null without a connection. */
  bufferedBytes(): number | null;
  send(message: ClientMessage): void;
}

export class Watcher {
  /** Frames sent so far. */
  frames = 0;
  readonly #watched: Watched;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #everyMs = USUAL_MS;

  constructor(watched: Watched) {
    this.#watched = watched;
  }

  watch(on: boolean): void {
    clearTimeout(this.#timer);
    this.#everyMs = USUAL_MS;
    if (on) this.#tick();
  }

  /** Send a frame, unless it would only be queued. */
  async frame(bitmap: ImageBitmap | null): Promise<void> {
    if (bitmap !== null && this.#flows()) await this.show(bitmap);
    else bitmap?.close();
  }

  async show(bitmap: ImageBitmap): Promise<void> {
    this.#watched.send(video(await jpeg(bitmap)));
    this.frames += 1;
  }

  #tick(): void {
    const flows = this.#flows();
    this.#everyMs = flows
      ? Math.max(USUAL_MS, this.#everyMs * 0.8)
      : Math.min(SLOWEST_MS, this.#everyMs * 2);
    if (flows) this.#watched.look();
    this.#timer = setTimeout(() => this.#tick(), this.#everyMs);
  }

  #flows(): boolean {
    const waiting = this.#watched.bufferedBytes();
    return waiting !== null && waiting < FULL_BYTES;
  }
}

async function jpeg(bitmap: ImageBitmap): Promise<Uint8Array> {
  const scale = Math.min(1, LONGEST_SIDE / Math.max(bitmap.width, bitmap.height));
  const width = Math.max(1, Math.round(bitmap.width * scale));
  const height = Math.max(1, Math.round(bitmap.height * scale));
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { alpha: false });
  context?.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  const blob = await canvas.convertToBlob({ type: "image/jpeg", quality: QUALITY });
  return new Uint8Array(await blob.arrayBuffer());
}
