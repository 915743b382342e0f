/** A talk with Gemini, without a user interface, for any page. */

import type { SessionSummary } from "./api/types.ts";
import { Call } from "./call.ts";
import type { TalkUsage } from "./conversation/cost.ts";
import type { ToolHandler, ToolOptions } from "./conversation/tools.ts";
import type { TranscriptEntry } from "./conversation/transcript.ts";
import { type Devices, LiveEventTarget } from "./events.ts";
import type { LiveTalkOptions, StartOptions } from "./options.ts";
import type { TalkState } from "./state.ts";
import type { CameraOptions } from "./video/sources.ts";
import type { WireStats } from "./wire/protocol.ts";

/** The audio graph, for visualisers. Connect only an AnalyserNode to it. */
export interface AudioTap {
  readonly context: AudioContext;
  readonly microphone: AudioNode | null;
  readonly speaker: AudioNode;
}

export class LiveTalk extends LiveEventTarget {
  readonly #call: Call;

  private constructor({ tokens, tools = {} }: LiveTalkOptions) {
    super();
    this.#call = new Call(tokens, (name, detail) => this.emit(name, detail));
    for (const [name, tool] of Object.entries(tools)) {
      if (typeof tool === "function") this.registerTool(name, tool);
      else this.registerTool(name, tool.handler, tool);
    }
  }

  /** Create a talk and start its worker. Nothing is requested or counted. Rejects with `unsupported`. */
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
   * Get the microphone, then a token, then connect. Call it in a tap's handler, before any await,
   * because the tap unlocks sound. Rejects with a `LiveError`, after a `state` of `failed`, or of
   * `closed` when aborted.
   */
  async start(options: StartOptions = {}): Promise<void> {
    return this.#call.start(options);
  }

  /** Disconnect. The session stays open and can be resumed; `endSession` ends it. */
  async stop(): Promise<void> {
    return this.#call.stop();
  }

  /** Disconnect and end the session, which frees its slot. Rejects with a `LiveError`. */
  async endSession(): Promise<void> {
    return this.#call.endSession();
  }

  /** Disconnect and stop the worker. The talk cannot be started again. */
  async close(): Promise<void> {
    return this.#call.close();
  }

  mute(): void {
    this.#call.voice.mute(true);
  }

  unmute(): void {
    this.#call.voice.mute(false);
  }

  /** For a `turnDetection.mode` of `manual`: Gemini listens from `down` to `up`. */
  pushToTalk(press: "down" | "up"): void {
    const moved = this.#call.voice.hold(press === "down");
    if (moved && press === "down") this.interrupt();
  }

  /** Silence Gemini for the rest of this turn. */
  interrupt(): void {
    this.#call.tell({ do: "hush" });
  }

  /**
   * Switch microphones, by device id; empty is the system's, which is followed when it changes. Rejects
   * with a `LiveError`, and keeps the old one. The last call counts, and earlier ones wait for it.
   */
  async setMicrophone(id: string): Promise<void> {
    await this.#call.voice.listenTo(id);
  }

  async setSpeaker(id: string): Promise<void> {
    await this.#call.voice.speakThrough(id);
  }

  async devices(): Promise<Devices> {
    return this.#call.voice.devices();
  }

  /**
   * Send text. While reconnecting, it is sent once there is a connection. Throws `invalid-request`
   * before the start and after the end.
   */
  sendText(words: string): void {
    const { talking } = this.#call;
    const text = words.trim();
    if (text !== "") talking.write(text);
  }

  /**
   * Send an image, scaled down to 768 px and as JPEG. Rejects with `invalid-request` if it is not an
   * image, or there is no talk.
   */
  async sendImage(image: Blob): Promise<void> {
    const { picture } = await this.#call.video.load();
    this.#call.talking.show(await picture(image));
  }

  async startCamera(options: CameraOptions = {}): Promise<MediaStream> {
    return (await this.#call.video.sources()).startCamera(options);
  }

  /** Switch to the other side's camera, or the next one. */
  async switchCamera(): Promise<MediaStream> {
    return (await this.#call.video.sources()).switchCamera();
  }

  stopCamera(): void {
    this.#call.video.stop("camera");
  }

  async startScreen(): Promise<MediaStream> {
    return (await this.#call.video.sources()).startScreen();
  }

  stopScreen(): void {
    this.#call.video.stop("screen");
  }

  /** Register a tool for Gemini to call. Returns a function that removes it. */
  registerTool(name: string, handler: ToolHandler, options?: ToolOptions): () => void {
    return this.#call.conversation.tools.register(name, handler, options);
  }

  /** What the talk has cost so far, estimated. */
  usage(): TalkUsage {
    return this.#call.conversation.usage;
  }

  /** Counts from the wire, for developers; null before the first talk. */
  async stats(): Promise<WireStats | null> {
    return this.#call.stats();
  }
}
