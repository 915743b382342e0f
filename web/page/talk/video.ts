/** Camera and screen, one at a time. Failures become notices, and the talk continues. */
import { LiveError, type LiveTalk } from "../../client/index.ts";
import type { Store } from "../shell/store.ts";

export class Video {
  constructor(
    private readonly store: Store,
    private readonly talk: LiveTalk,
  ) {}

  toggleCamera(): void {
    if (this.#source === "camera") return this.talk.stopCamera();
    if (this.#source === "screen") this.talk.stopScreen();
    const device = this.store.signedIn?.preferences.camera;
    this.#try(async () => (device === undefined ? this.talk.startCamera() : this.#chosen(device)));
  }

  flipCamera(): void {
    this.#try(async () => this.talk.switchCamera());
  }

  toggleScreen(): void {
    if (this.#source === "screen") return this.talk.stopScreen();
    if (this.#source === "camera") this.talk.stopCamera();
    this.#try(async () => this.talk.startScreen());
  }

  stop(): void {
    if (this.#source === "camera") this.talk.stopCamera();
    if (this.#source === "screen") this.talk.stopScreen();
  }

  get #source(): "camera" | "screen" | undefined {
    return this.store.signedIn?.video?.source;
  }

  /** The chosen camera or, where it is gone, another. */
  async #chosen(device: string): Promise<MediaStream> {
    try {
      return await this.talk.startCamera({ device });
    } catch (error) {
      if (!(error instanceof LiveError) || error.code !== "camera-unavailable") throw error;
      const stream = await this.talk.startCamera();
      this.store.change({ notice: { code: error.code, violated: [] } });
      return stream;
    }
  }

  #try(start: () => Promise<MediaStream>): void {
    start()
      // Cameras have names once one has been allowed.
      .then(async () => this.store.change({ devices: await this.talk.devices() }))
      .catch((error: unknown) => {
        const code = error instanceof LiveError ? error.code : "internal";
        // Stopped before it started, by the person.
        if (code !== "aborted") this.store.change({ notice: { code, violated: [] } });
      });
  }
}
