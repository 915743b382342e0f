/** The camera or the screen, one at a time, and a frame of it on request. Loaded by `video.ts`. */

import { listDevices } from "../audio/devices.ts";
import { open, stopTracks } from "../audio/microphone.ts";
import { LiveError } from "../errors.ts";
import type { VideoSource } from "../state.ts";
import { jpeg } from "./jpeg.ts";

export type VideoChanged = (source: VideoSource | "none", stream: MediaStream | null) => void;

export interface CameraOptions {
  readonly facing?: "user" | "environment";
  readonly device?: string | undefined;
}

/** Larger than what is sent, for the preview's sake. */
const CAMERA_SIZE = { width: { ideal: 1280 }, height: { ideal: 720 } };
/** Low, because screens hardly move and only one frame a second is sent. */
const SCREEN_RATE = { frameRate: { ideal: 5 } };

/** Convert an image to a JPEG as Gemini gets it. Rejects with `invalid-request` if it is none. */
export async function picture(image: Blob): Promise<Uint8Array> {
  const bitmap = await createImageBitmap(image).catch(() => null);
  if (bitmap === null) throw new LiveError("invalid-request");
  return jpeg(bitmap);
}

export class VideoSources {
  readonly #changed: VideoChanged;
  /** Counts requests and stops; a stream that arrives for an older one is released. */
  #asked = 0;
  #source: VideoSource | "none" = "none";
  #stream: MediaStream | null = null;
  #video: HTMLVideoElement | null = null;

  constructor(changed: VideoChanged) {
    this.#changed = changed;
  }

  get source(): VideoSource | "none" {
    return this.#source;
  }

  async startCamera({ facing = "user", device }: CameraOptions = {}): Promise<MediaStream> {
    const which = device ? { deviceId: { exact: device } } : { facingMode: facing };
    const video = { ...CAMERA_SIZE, ...which };
    return this.#show(
      "camera",
      open("camera", async (devices) => devices.getUserMedia({ video })),
    );
  }

  /**
   * Switch to the camera on the other side, or to the next one where cameras have no side. A phone opens
   * only one camera at a time, so the old one is released first.
   */
  async switchCamera(): Promise<MediaStream> {
    const shown = this.#stream;
    const { deviceId, facingMode } = shown?.getVideoTracks()[0]?.getSettings() ?? {};
    const { cameras } = await listDevices();
    if (shown !== this.#stream) throw new LiveError("aborted");
    const next = cameras[(cameras.findIndex(({ id }) => id === deviceId) + 1) % cameras.length];
    const facing = facingMode === "user" ? "environment" : "user";
    const asked = this.#asked + 1;
    stopTracks(shown);
    try {
      return await this.startCamera(facingMode ? { facing } : { device: next?.id });
    } catch (error) {
      if (asked === this.#asked) await this.startCamera({ device: deviceId });
      throw error;
    }
  }

  async startScreen(): Promise<MediaStream> {
    return this.#show(
      "screen",
      open("screen", async (devices) => devices.getDisplayMedia({ video: SCREEN_RATE })),
    );
  }

  /** Stop this source; without an argument, whichever is on or pending. */
  stop(source?: VideoSource): void {
    if (source !== undefined && source !== this.#source) return;
    this.#asked += 1;
    if (this.#source === "none") return;
    this.#letGo();
    this.#changed("none", null);
  }

  /** The current frame as a JPEG; null if nothing is on. Rejects before the first frame. */
  async frame(): Promise<Uint8Array | null> {
    return this.#video && jpeg(await createImageBitmap(this.#video));
  }

  /** Rejects with `aborted` if it was stopped, or something else requested, meanwhile. */
  async #show(source: VideoSource, asking: Promise<MediaStream>): Promise<MediaStream> {
    const asked = (this.#asked += 1);
    const stream = await asking;
    if (asked !== this.#asked) {
      stopTracks(stream);
      throw new LiveError("aborted");
    }
    this.#letGo();
    const video = document.createElement("video");
    video.muted = video.playsInline = true;
    video.srcObject = stream;
    this.#source = source;
    this.#stream = stream;
    this.#video = video;
    const [track] = stream.getVideoTracks();
    // Stopped in the browser's own bar, or unplugged.
    track?.addEventListener("ended", () => this.#stream === stream && this.stop());
    await video.play().catch(() => {}); // stopped before it started
    if (asked === this.#asked) this.#changed(source, stream);
    return stream;
  }

  #letGo(): void {
    stopTracks(this.#stream);
    if (this.#video !== null) this.#video.srcObject = null;
    this.#stream = this.#video = null;
    this.#source = "none";
  }
}
