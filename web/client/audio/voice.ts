/** Both voices of a talk: their devices, whether the microphone is open, and how loud each is. */

import { asLiveError, LiveError } from "../errors.ts";
import type { Devices, Emit } from "../events.ts";
import type { LiveState, Trouble } from "../state.ts";
import type { Turns } from "../wire/protocol.ts";
import { inUse, listDevices } from "./devices.ts";
import { AudioGraph } from "./graph.ts";
import { openMicrophone, stopTracks } from "./microphone.ts";
import { SoundCheck } from "./sound-check.ts";

/** More silence than ends a turn: Gemini's idea of where it began may differ. */
const MARGIN_MS = 500;
const LOOK_MS = 1000;

export class Voice {
  readonly #emit: Emit;
  readonly #changed: () => void;
  #graph: AudioGraph | null = null;
  #check = new SoundCheck();
  #checking: ReturnType<typeof setInterval> | undefined;
  #trouble: Trouble | null = null;
  #turns: Turns = "automatic";
  /** Closed until there is a connection. */
  #begun = false;
  #silenceMs = 0;
  #muted = false;
  #holding = false;
  #playing = false;
  #levels = { microphone: 0, speaker: 0 };
  /** The last request for a microphone; what arrives for an older one is released. */
  #asked = 0;
  #asking = Promise.resolve();
  /** What was chosen, whether or not it is there. Empty is the system's. */
  readonly #chosen = { microphone: "", speaker: "" };
  /** What the choices came to when devices were last listed. */
  #used = this.#chosen;

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
      trouble: this.#trouble,
    };
  }

  /** Create the audio graph. Synchronous, because it must happen in the tap's handler. */
  unlock(): AudioGraph {
    this.#check = new SoundCheck();
    const graph = new AudioGraph({
      captured: ({ level }) => {
        this.#check.hear(level);
        this.#loud({ ...this.#levels, microphone: level });
      },
      played: ({ level, playing }) => {
        this.#levels = { ...this.#levels, speaker: level };
        if (!this.#open || !playing) this.#loud(this.#levels);
        if (playing === this.#playing) return;
        this.#playing = playing;
        this.#emit("audio", { playing });
        this.#changed();
      },
    });
    this.#graph = graph;
    this.#checking = setInterval(() => this.#look(graph), LOOK_MS);
    return graph;
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

  /**
   * Switch microphones: opens the new one before releasing the old. Where it is gone, the system's is
   * used, with an `error`. If another is asked for meanwhile, that one counts, and this waits for it,
   * too. Rejects with a `LiveError`, and keeps the old one.
   */
  async listenTo(id: string): Promise<void> {
    return (this.#asking = this.#ask(id));
  }

  /** Switch speakers, as `listenTo` switches microphones. */
  async speakThrough(id: string): Promise<void> {
    this.#chosen.speaker = id;
    await this.#orSystems(id, async (device) => this.#graph?.speakThrough(device));
    void this.tellDevices();
  }

  /** Devices have come or gone, or the system's choice is another: use what was chosen again. */
  async follow(): Promise<void> {
    const before = this.#used;
    this.#graph?.resume(); // there may be a speaker now
    await this.tellDevices();
    const { microphone, speaker } = this.#used;
    if (this.#track && before.microphone !== microphone) await this.#listenAgain();
    const { speaker: chosen } = this.#chosen; // browsers follow the system's by themselves
    if (chosen && before.speaker !== speaker) await this.speakThrough(chosen);
  }

  async tellDevices(): Promise<void> {
    const devices = await this.devices();
    this.#used = {
      microphone: inUse(devices.microphones, this.#chosen.microphone),
      speaker: inUse(devices.speakers, this.#chosen.speaker),
    };
    this.#emit("devices", devices);
  }

  async devices(): Promise<Devices> {
    const microphone = this.#track?.getSettings().deviceId ?? null;
    return { ...(await listDevices()), microphone, speaker: this.#graph?.sink ?? "" };
  }

  async end(): Promise<void> {
    const graph = this.#graph;
    clearInterval(this.#checking);
    this.#graph = this.#trouble = null;
    this.#begun = this.#holding = false;
    if (this.#playing) this.#emit("audio", { playing: false });
    this.#playing = false;
    this.#loud({ microphone: 0, speaker: 0 });
    await graph?.close();
  }

  get #open(): boolean {
    return this.#begun && !this.#muted && (this.#turns === "automatic" || this.#holding);
  }

  get #track(): MediaStreamTrack | undefined {
    return this.#graph?.stream?.getAudioTracks()[0];
  }

  async #ask(id: string): Promise<void> {
    const graph = this.#graph;
    if (graph === null) return;
    const asked = (this.#asked += 1);
    const opening = this.#orSystems(id, openMicrophone);
    await opening.catch(() => {});
    if (graph === this.#graph && asked === this.#asked) {
      this.#take(graph, await opening);
      this.#chosen.microphone = id;
      return void this.tellDevices();
    }
    opening.then(stopTracks, () => {});
    if (graph !== this.#graph) throw new LiveError("aborted");
    return this.#asking;
  }

  #take(graph: AudioGraph, stream: MediaStream): void {
    graph.listenTo(stream);
    const track = this.#track;
    // Unplugged, or taken by the system.
    track?.addEventListener("ended", () => track === this.#track && void this.#listenAgain());
    this.#gate();
  }

  /** Where no microphone can be had again, mute; unmuting tries once more. */
  async #listenAgain(): Promise<void> {
    try {
      await this.listenTo(this.#chosen.microphone);
    } catch (cause) {
      const error = asLiveError(cause);
      if (error.code === "aborted") return;
      this.#emit("error", { error });
      if (this.#track?.readyState === "live") return;
      this.#holding = false;
      this.mute(this.#turns === "automatic");
    }
  }

  /** Open this device or, where it is gone, the system's. */
  async #orSystems<Opened>(id: string, open: (id: string) => Promise<Opened>): Promise<Opened> {
    try {
      return await open(id);
    } catch (cause) {
      const error = asLiveError(cause);
      if (!error.code.endsWith("-unavailable")) throw error;
      const opened = await open("");
      this.#emit("error", { error });
      return opened;
    }
  }

  #gate(): void {
    this.#graph?.gate(this.#open, this.#silenceMs);
    if (this.#open && this.#track?.readyState !== "live") void this.#listenAgain();
    this.#changed();
  }

  #look({ context }: AudioGraph): void {
    const trouble = this.#check.look(context, this.#track, this.#open);
    if (trouble === this.#trouble) return;
    this.#trouble = trouble;
    this.#changed();
    // A new stream may have sound again.
    if (trouble === "microphone-silent") void this.#listenAgain();
  }

  #loud(levels: { microphone: number; speaker: number }): void {
    this.#levels = levels;
    this.#emit("volume", levels);
  }
}
