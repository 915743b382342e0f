/** Both voices of a talk: their devices, whether the microphone is open, and how loud each is. */

import { asLiveError } from "../errors.ts";
import type { Devices, Emit } from "../events.ts";
import type { LiveState } from "../state.ts";
import type { Turns } from "../wire/protocol.ts";
import { listDevices } from "./devices.ts";
import { AudioGraph } from "./graph.ts";
import { openMicrophone, stopTracks } from "./microphone.ts";

/** More silence than ends a turn: Gemini's idea of where it began may differ. */
const MARGIN_MS = 500;

export class Voice {
  readonly #emit: Emit;
  readonly #changed: () => void;
  #graph: AudioGraph | null = null;
  #turns: Turns = "automatic";
  /** Closed until there is a connection. */
  #begun = false;
  #silenceMs = 0;
  #muted = false;
  #holding = false;
  #playing = false;
  #levels = { microphone: 0, speaker: 0 };
  #speaker = "";

  constructor(emit: Emit, changed: () => void) {
    this.#emit = emit;
    this.#changed = changed;
  }

  get graph(): AudioGraph | null {
    return this.#graph;
  }

  get state(): Omit<LiveState, "name" | "video"> {
    return {
      muted: this.#muted,
      holding: this.#holding,
      speaking: this.#playing ? "model" : "nobody",
      turns: this.#turns,
    };
  }

  /** Create the audio graph. Synchronous, because it must happen in the tap's handler. */
  unlock(): AudioGraph {
    this.#graph = new AudioGraph({
      captured: ({ level }) => this.#loud({ ...this.#levels, microphone: level }),
      played: ({ level, playing }) => {
        this.#levels = { ...this.#levels, speaker: level };
        if (!this.#open || !playing) this.#loud(this.#levels);
        if (playing === this.#playing) return;
        this.#playing = playing;
        this.#emit("audio", { playing });
        this.#changed();
      },
    });
    return this.#graph;
  }

  /** Open the microphone, as far as mute and push-to-talk allow. `silenceMs` ends a turn. */
  begin(turns: Turns, muted: boolean, silenceMs: number): void {
    this.#turns = turns;
    this.#silenceMs = turns === "automatic" ? silenceMs + MARGIN_MS : 0;
    this.#muted = muted;
    this.#holding = false;
    this.#begun = true;
    this.#gate();
  }

  mute(muted: boolean): void {
    this.#muted = muted;
    this.#gate();
  }

  hold(holding: boolean): boolean {
    if (this.#turns !== "hold" || holding === this.#holding) return false;
    this.#holding = holding;
    this.#gate();
    return true;
  }

  /** Switch microphones: opens the new one before releasing the old. Rejects with a `LiveError`. */
  async listenTo(id: string): Promise<void> {
    if (this.#graph === null) return;
    this.take(await openMicrophone(id));
    await this.tellDevices();
  }

  /** Use a stream that is already open. */
  take(stream: MediaStream): void {
    if (this.#graph === null) return stopTracks(stream);
    this.#graph.listenTo(stream);
    const [track] = stream.getAudioTracks();
    // Unplugged, or taken by the system: continue with the system's microphone.
    track?.addEventListener("ended", () => {
      if (this.#graph?.stream !== stream) return;
      this.listenTo("").catch((error: unknown) => this.#emit("error", { error: asLiveError(error) }));
    });
    this.#gate();
  }

  async speakThrough(id: string): Promise<void> {
    await this.#graph?.speakThrough(id);
    this.#speaker = id;
    await this.tellDevices();
  }

  async tellDevices(): Promise<void> {
    this.#emit("devices", await this.devices());
  }

  async devices(): Promise<Devices> {
    const track = this.#graph?.stream?.getAudioTracks()[0];
    const microphone = track?.getSettings().deviceId ?? null;
    return { ...(await listDevices()), microphone, speaker: this.#speaker };
  }

  async end(): Promise<void> {
    const graph = this.#graph;
    this.#graph = null;
    this.#begun = this.#holding = false;
    if (this.#playing) this.#emit("audio", { playing: false });
    this.#playing = false;
    this.#loud({ microphone: 0, speaker: 0 });
    await graph?.close();
  }

  get #open(): boolean {
    return this.#begun && !this.#muted && (this.#turns === "automatic" || this.#holding);
  }

  #gate(): void {
    this.#graph?.gate(this.#open, this.#silenceMs);
    this.#changed();
  }

  #loud(levels: { microphone: number; speaker: number }): void {
    this.#levels = levels;
    this.#emit("volume", levels);
  }
}
