/**
 * The camera or the screen of a talk. What opens and draws them is not part of the start: it is loaded
 * once the talk is live, and asked for again where that failed.
 */

import { LiveError } from "../errors.ts";
import type { VideoSource } from "../state.ts";
import type * as sources from "./sources.ts";

type Part = typeof sources;

export class Video {
  readonly #changed: sources.VideoChanged;
  readonly #import: () => Promise<Part>;
  #sources: sources.VideoSources | null = null;
  /** Counts stops: who asked for a source before one gets none. */
  #stops = 0;

  /** `part` is for tests. */
  constructor(changed: sources.VideoChanged, part = async (): Promise<Part> => import("./sources.ts")) {
    this.#changed = changed;
    this.#import = part;
  }

  get source(): VideoSource | "none" {
    return this.#sources?.source ?? "none";
  }

  /** Rejects with `network` if it cannot be loaded. */
  async load(): Promise<Part> {
    return this.#import().catch(() => {
      throw new LiveError("network", { retryable: true });
    });
  }

  /** Rejects as `load` does, and with `aborted` if stopped meanwhile. */
  async sources(): Promise<sources.VideoSources> {
    if (this.#sources !== null) return this.#sources; // at once: Safari shares a screen only in a tap
    const stops = this.#stops;
    const { VideoSources } = await this.load();
    if (stops !== this.#stops) throw new LiveError("aborted");
    return (this.#sources ??= new VideoSources(this.#changed));
  }

  /** Stop this source; without an argument, whichever is on or pending. */
  stop(source?: VideoSource): void {
    if (source === undefined) this.#stops += 1;
    this.#sources?.stop(source);
  }

  /** The current frame as a JPEG; null if nothing is on. Rejects before the first frame. */
  async frame(): Promise<Uint8Array | null> {
    return this.#sources?.frame() ?? null;
  }
}
