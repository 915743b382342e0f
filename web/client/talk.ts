/** A talk with Gemini. Headless: it has no page, and any page can have it. */

import type { SessionSummary } from "./api/types.ts";
import { Call } from "./call.ts";
import type { TalkUsage } from "./conversation/cost.ts";
import type { ToolHandler, ToolOptions } from "./conversation/tools.ts";
import type { TranscriptEntry } from "./conversation/transcript.ts";
import { LiveError } from "./errors.ts";
import { type Devices, LiveEventTarget } from "./events.ts";
import type { LiveTalkOptions, StartOptions } from "./options.ts";
import type { TalkState } from "./state.ts";
import type { CameraOptions } from "./video/sources.ts";
import type { WireStats } from "./wire/protocol.ts";

/** The audio graph, for visualisers: connect an AnalyserNode, and nothing else. */
export interface AudioTap {
  readonly context: AudioContext;
  readonly microphone: AudioNode | null;
  readonly speaker: AudioNode;
}

export class LiveTalk extends LiveEventTarget {
  readonly #call: Call;

  private constructor({ tokens }: LiveTalkOptions) {
    super();
    this.#call = new Call(tokens, (name, detail) => this.emit(name, detail));
  }

  /** Make a talk, with its worker warm. Nothing is asked for and nothing is counted. */
  static async create(options: LiveTalkOptions): Promise<LiveTalk> {
    const talk = new LiveTalk(options);
    await talk.#call.prepare(options.tokens);
    return talk;
  }

  get state(): TalkState {
    return this.#call.state;
  }

  get session(): SessionSummary | null {
    return this.#call.session;
  }

  get transcript(): readonly TranscriptEntry[] {
    return this.#call.conversation.transcript;
  }

  get audio(): AudioTap | null {
    const graph = this.#call.voice.graph;
    if (graph === null || graph.speaker === null) return null;
    return { context: graph.context, microphone: graph.microphone, speaker: graph.speaker };
  }

  /**
   * Ask for the microphone, then for a token, then talk. Call it in the handler of a tap, before
   * any await: sound is unlocked by it. Rejects with a `LiveError`, after a `state` of `failed`.
   */
  async start(options: StartOptions = {}): Promise<void> {
    return this.#call.start(options);
  }

  /** Hang up. The session stays and can be taken up again; `endSession` ends that too. */
  async stop(): Promise<void> {
    return this.#call.stop();
  }

  /** Hang up and end the session, so that its slot is free. Rejects with a `LiveError`. */
  async endSession(): Promise<void> {
    return this.#call.endSession();
  }

  /** Hang up and let go of the worker; the talk cannot be started again. */
  async close(): Promise<void> {
    return this.#call.close();
  }

  mute(): void {
    this.#call.voice.mute(true);
  }

  unmute(): void {
    this.#call.voice.mute(false);
  }

  /** With `turnDetection.mode` of `manual`: Gemini listens from `down` to `up`. */
  pushToTalk(press: "down" | "up"): void {
    const moved = this.#call.voice.hold(press === "down");
    if (moved && press === "down") this.interrupt();
  }

  /** Silence Gemini now, whatever it still wanted to say in this turn. */
  interrupt(): void {
    this.#call.tell({ do: "hush" });
  }

  /** A device id, or empty for the system's. Rejects with a `LiveError`; the old one stays then. */
  async setMicrophone(id: string): Promise<void> {
    await this.#call.voice.listenTo(id);
  }

  async setSpeaker(id: string): Promise<void> {
    await this.#call.voice.speakThrough(id);
  }

  async devices(): Promise<Devices> {
    return this.#call.voice.devices();
  }

  /** Say something in writing. It is sent when there is a connection again, if there is none. */
  sendText(words: string): void {
    const text = words.trim();
    if (text !== "" && this.#call.isUp) this.#call.conversation.write(text);
  }

  /** Show a picture; it is brought to 768 px and JPEG first. Rejects if it is none. */
  async sendImage(image: Blob): Promise<void> {
    const bitmap = await createImageBitmap(image).catch(() => null);
    if (bitmap === null) throw new LiveError("invalid-request");
    if (!this.#call.isUp) return bitmap.close();
    this.#call.conversation.show(bitmap);
  }

  async startCamera(options: CameraOptions = {}): Promise<MediaStream> {
    return this.#call.videos.startCamera(options);
  }

  /** From the front to the back camera, or back. */
  async switchCamera(): Promise<MediaStream> {
    return this.#call.videos.switchCamera();
  }

  stopCamera(): void {
    this.#call.videos.stop("camera");
  }

  async startScreen(): Promise<MediaStream> {
    return this.#call.videos.startScreen();
  }

  stopScreen(): void {
    this.#call.videos.stop("screen");
  }

  /** Let Gemini call a tool of that name. Returns what takes it away again. */
  registerTool(name: string, handler: ToolHandler, options?: ToolOptions): () => void {
    return this.#call.conversation.tools.register(name, handler, options);
  }

  /** What the talk cost until now, estimated. */
  usage(): TalkUsage {
    return this.#call.conversation.usage;
  }

  /** Counts and times of the wire, for a developer. */
  async stats(): Promise<WireStats | null> {
    return this.#call.stats();
  }
}
