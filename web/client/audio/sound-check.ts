/** Finds, once a second, what keeps one side from hearing the other. */

import type { Trouble } from "../state.ts";

/** Seconds of nothing but zeros. No room is that quiet, only a microphone that is off. */
const SILENT_S = 15;

export class SoundCheck {
  #time = 0;
  #heard = false;
  #silentS = 0;

  /** A report from the capture worklet, which sends at least 25 a second while it is open. */
  hear(level: number): void {
    this.#heard = true;
    if (level > 0) this.#silentS = 0;
  }

  /** Call it once a second. `track` is the microphone's; `open`, whether it should be heard. */
  look(
    { currentTime, state }: Pick<AudioContext, "currentTime" | "state">,
    track: Pick<MediaStreamTrack, "muted"> | undefined,
    open: boolean,
  ): Trouble | null {
    // Not the state: after an interruption, WebKit may say "running" and stand still
    // (GetStream/stream-video-js#2249).
    const runs = currentTime > this.#time;
    this.#time = currentTime;
    // Without reports, a second look has to confirm it: they wait while the page is busy.
    this.#silentS = open && track ? this.#silentS + (this.#heard ? 1 : SILENT_S / 2) : 0;
    this.#heard = false;
    if (!runs) return currentTime > 0 || state !== "suspended" ? "sound-stopped" : whyNever(track);
    if (open && track?.muted) return "microphone-muted";
    return this.#silentS >= SILENT_S ? "microphone-silent" : null;
  }
}

/**
 * Chromium needs a touch; Firefox and Safari also let a page that has the microphone play sound
 * (developer.mozilla.org, Autoplay guide). Firefox stays suspended where nothing can play it.
 */
function whyNever(track: unknown): Trouble {
  const touched = navigator.userActivation?.hasBeenActive ?? true;
  return track && touched ? "speaker-missing" : "autoplay-blocked";
}
