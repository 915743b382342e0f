/** What Gemini can see: a camera or the screen, one at a time; a frame of it when asked. */

import { listDevices } from "../audio/devices.ts";
import { open, stopTracks } from "../audio/microphone.ts";
import { LiveError } from "../errors.ts";
import type { VideoSource } from "../state.ts";

export interface CameraOptions {
  readonly facing?: "user" | "environment";
  readonly device?: string | undefined;
}

/** More than what is sent, so that a preview is pleasant. */
const CAMERA_SIZE = { width: { ideal: 1280 }, height: { ideal: 720 } };
/** Few: a screen hardly moves, and only one frame a second is sent. */
const SCREEN_RATE = { frameRate: { ideal: 5 } };

export class VideoSources {
  readonly #changed: (source: VideoSource | "none", stream: MediaStream | null) => void;
  /** How often something was asked for, or ended: what comes late for it is let go of. */
  #asked = 0;
  #source: VideoSource | "none" = "none";
  #stream: MediaStream | null = null;
  #video: HTMLVideoElement | null = null;

  constructor(changed: (source: VideoSource | "none", stream: MediaStream | null) => void) {
    this.#changed = changed;
  }

  get source(): VideoSource | "none" {
    return this.#source;
  }

  async startCamera({ facing = "user", device }: CameraOptions = {}): Promise<MediaStream> {
    const which = device ? { deviceId: { exact: device } } : { facingMode: facing };
    return this.#show("camera", open("camera", { video: { ...CAMERA_SIZE, ...which } }));
  }

  /**
   * To the other side of a phone, or to the next camera where none has a side. Phones have one
   * camera open at a time, so the old goes first.
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
    if (navigator.mediaDevices?.getDisplayMedia === undefined) throw new LiveError("unsupported");
    const asking = navigator.mediaDevices.getDisplayMedia({ video: SCREEN_RATE }).catch(() => {
      throw new LiveError("screen-denied");
    });
    return this.#show("screen", asking);
  }

  /** This one, if it is shown; or whatever is shown or was asked for. */
  stop(source?: VideoSource): void {
    if (source !== undefined && source !== this.#source) return;
    this.#asked += 1;
    if (this.#source === "none") return;
    this.#letGo();
    this.#changed("none", null);
  }

  /** What is to be seen now. Rejects before the first frame. */
  async frame(): Promise<ImageBitmap | null> {
    return this.#video && createImageBitmap(this.#video);
  }

  /** Rejects with `aborted` when it was ended, or something else asked for, before it came. */
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
    // Ended in the browser's own bar, or unplugged.
    track?.addEventListener("ended", () => this.#stream === stream && this.stop());
    await video.play().catch(() => {}); // stopped before it began
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
