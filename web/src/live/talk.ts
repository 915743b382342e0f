/** A talk with Gemini. Headless: it has no page, and any page can have it. */

import type { SessionSummary, Wish } from "./api-types.ts";
import type { TalkBookmark } from "./bookmark.ts";
import { openMicrophone, stopTracks } from "./audio/microphone.ts";
import { WakeLock } from "./audio/wake-lock.ts";
import { Conversation } from "./conversation.ts";
import type { TalkUsage } from "./cost.ts";
import type { Emit } from "./emit.ts";
import { asLiveError, LiveError } from "./errors.ts";
import { type Devices, LiveEventTarget } from "./events.ts";
import { Line } from "./line.ts";
import type { TalkState } from "./state.ts";
import type { LiveApi } from "./token-source.ts";
import type { ToolHandler, ToolOptions } from "./tools.ts";
import type { TranscriptEntry } from "./transcript.ts";
import { type CameraOptions, VideoSources } from "./video/sources.ts";
import { Voice } from "./voice.ts";
import type { Turns, WireStats } from "./wire/link.ts";

export interface LiveTalkOptions {
  readonly tokens: LiveApi;
}

export interface StartOptions {
  /** What to ask of the token: model, voice, tools, turn detection. */
  readonly wish?: Wish;
  /**
   * Take up a talk where it was left, with the wish it began with; it costs a refresh instead of a
   * mint, so there is no cooldown. Its transcript comes again as events, before `connecting`.
   */
  readonly resume?: TalkBookmark;
  /** A device id; empty is the system's; null talks by text only and asks for no permission. */
  readonly microphone?: string | null;
  /** A device id; empty is the system's. */
  readonly speaker?: string;
  readonly muted?: boolean;
  /** Gives up the start, not the talk. */
  readonly signal?: AbortSignal;
}

/** The audio graph, for visualisers: connect an AnalyserNode, and nothing else. */
export interface AudioTap {
  readonly context: AudioContext;
  readonly microphone: AudioNode | null;
  readonly speaker: AudioNode;
}

export class LiveTalk extends LiveEventTarget {
  readonly #tokens: LiveApi;
  readonly #emit: Emit = (name, detail) => this.emit(name, detail);
  readonly #voice: Voice;
  readonly #conversation: Conversation;
  readonly #videos: VideoSources;
  readonly #wakeLock = new WakeLock();
  readonly #page = new AbortController();
  /** Null once the talk was closed for good. */
  #line: Line | null = null;
  #state: TalkState = { name: "idle" };
  #turns: Turns = "automatic";
  #start: AbortController | null = null;

  private constructor({ tokens }: LiveTalkOptions) {
    super();
    this.#tokens = tokens;
    this.#voice = new Voice(this.#emit, () => this.#refreshLive());
    this.#conversation = new Conversation(
      this.#emit,
      (order) => this.#line?.tell(order),
      () => tokens.now(),
    );
    this.#videos = new VideoSources((source, stream) => {
      this.#line?.tell({ do: "watch", on: source !== "none" });
      this.#refreshLive();
      this.emit("video", { source, stream });
    });
  }

  /** Make a talk, with its worker warm. Nothing is asked for and nothing is counted. */
  static async create(options: LiveTalkOptions): Promise<LiveTalk> {
    const talk = new LiveTalk(options);
    await talk.#prepare();
    return talk;
  }

  get state(): TalkState {
    return this.#state;
  }

  get session(): SessionSummary | null {
    return this.#line?.session ?? null;
  }

  get transcript(): readonly TranscriptEntry[] {
    return this.#conversation.transcript;
  }

  get audio(): AudioTap | null {
    const graph = this.#voice.graph;
    if (graph === null || graph.speaker === null) return null;
    return { context: graph.context, microphone: graph.microphone, speaker: graph.speaker };
  }

  /**
   * Ask for the microphone, then for a token, then talk. Call it in the handler of a tap, before
   * any await: sound is unlocked by it. Rejects with a `LiveError`, after a `state` of `failed`.
   */
  async start(options: StartOptions = {}): Promise<void> {
    if (!["idle", "closed", "failed"].includes(this.#state.name)) return;
    const start = new AbortController();
    this.#start = start;
    options.signal?.addEventListener("abort", () => this.#giveUp(), { once: true });
    try {
      await this.#open(options, start.signal);
    } catch (cause) {
      const error = asLiveError(cause);
      await this.#end(error.code === "aborted" ? { name: "closed" } : { name: "failed", error });
      throw error;
    } finally {
      this.#start = null;
    }
  }

  /** Hang up. The session stays and could be refreshed; `endSession` ends that too. */
  async stop(): Promise<void> {
    if (this.#start !== null) this.#giveUp();
    else if (this.#isUp) await this.#end({ name: "closed" });
  }

  /** Hang up and end the session, so that its slot is free. Rejects with a `LiveError`. */
  async endSession(): Promise<void> {
    await this.stop();
    await this.#line?.endSession();
  }

  /** Hang up and let go of the worker; the talk cannot be started again. */
  async close(): Promise<void> {
    await this.stop();
    this.#page.abort();
    this.#line?.terminate();
    this.#line = null;
  }

  mute(): void {
    this.#voice.mute(true);
  }

  unmute(): void {
    this.#voice.mute(false);
  }

  /** With `turnDetection.mode` of `manual`: Gemini listens from `down` to `up`. */
  pushToTalk(press: "down" | "up"): void {
    const moved = this.#voice.hold(press === "down");
    if (moved && press === "down") this.interrupt();
  }

  /** Silence Gemini now, whatever it still wanted to say in this turn. */
  interrupt(): void {
    this.#line?.tell({ do: "hush" });
  }

  /** A device id, or empty for the system's. Rejects with a `LiveError`; the old one stays then. */
  async setMicrophone(id: string): Promise<void> {
    await this.#voice.listenTo(id);
  }

  async setSpeaker(id: string): Promise<void> {
    await this.#voice.speakThrough(id);
  }

  async devices(): Promise<Devices> {
    return this.#voice.devices();
  }

  /** Say something in writing. It is sent when there is a connection again, if there is none. */
  sendText(words: string): void {
    const text = words.trim();
    if (text !== "" && this.#isUp) this.#conversation.say(text);
  }

  /** Show a picture; it is brought to 768 px and JPEG first. Rejects if it is none. */
  async sendImage(image: Blob): Promise<void> {
    const bitmap = await createImageBitmap(image).catch(() => null);
    if (bitmap === null) throw new LiveError("invalid-request");
    if (!this.#isUp) return bitmap.close();
    this.#conversation.shown();
    this.#line?.tell({ do: "picture", bitmap }, [bitmap]);
  }

  async startCamera(options: CameraOptions = {}): Promise<MediaStream> {
    return this.#videos.startCamera(options);
  }

  /** From the front to the back camera, or back. */
  async switchCamera(): Promise<MediaStream> {
    return this.#videos.switchCamera();
  }

  stopCamera(): void {
    this.#videos.stop("camera");
  }

  async startScreen(): Promise<MediaStream> {
    return this.#videos.startScreen();
  }

  stopScreen(): void {
    this.#videos.stop("screen");
  }

  /** Let Gemini call a tool of that name. Returns what takes it away again. */
  registerTool(name: string, handler: ToolHandler, options?: ToolOptions): () => void {
    return this.#conversation.tools.register(name, handler, options);
  }

  /** What the talk cost until now, estimated. */
  usage(): TalkUsage {
    return this.#conversation.usage;
  }

  /** Counts and times of the wire, for a developer. */
  async stats(): Promise<WireStats | null> {
    return this.#line?.stats() ?? null;
  }

  get #isUp(): boolean {
    return ["connecting", "live", "reconnecting"].includes(this.#state.name);
  }

  async #prepare(): Promise<void> {
    this.#line = await Line.create(this.#tokens, this.#emit, {
      live: () => {
        this.#wakeLock.hold();
        this.#becomeLive();
      },
      reconnecting: (attempt, waitMs) => this.#become({ name: "reconnecting", attempt, waitMs }),
      reconnected: (resumed) => {
        this.#conversation.reconnected(resumed);
        this.#becomeLive();
      },
      failed: (error) => void this.#end({ name: "failed", error }),
      told: (fact) => this.#conversation.hear(fact),
      transcript: () => this.transcript,
      look: async () => this.#videos.frame(),
    });
    const { signal } = this.#page;
    const devices = (): void => void this.#voice.tellDevices();
    addEventListener("online", () => this.#line?.tell({ do: "online" }), { signal });
    navigator.mediaDevices?.addEventListener("devicechange", devices, { signal });
  }

  async #open(options: StartOptions, signal: AbortSignal): Promise<void> {
    const line = this.#line;
    if (line === null) throw new LiveError("aborted");
    const { wish = {}, resume, microphone = "", speaker = "", muted = false } = options;
    this.#turns = resume?.turns ?? (wish.turnDetection?.mode === "manual" ? "hold" : "automatic");
    this.#conversation.begin(resume?.transcript);

    const graph = this.#voice.unlock();
    const loading = graph.open();
    loading.catch(() => {}); // heard of below, after the microphone
    if (microphone !== null) {
      this.#become({ name: "asking" });
      const stream = await openMicrophone(microphone);
      await loading.catch(() => stopTracks(stream));
      this.#voice.take(stream);
    }
    const ports = await loading;
    if (speaker !== "") await this.#voice.speakThrough(speaker);
    signal.throwIfAborted();

    this.#become({ name: "authorizing" });
    const answer = await line.obtain(wish, resume, signal);
    signal.throwIfAborted();

    this.#become({ name: "connecting" });
    const opening = line.open(answer, this.#turns, resume?.handle ?? null, ports);
    this.#voice.begin(this.#turns, muted || microphone === null);
    await opening;
    if (!(await graph.unlocked())) {
      this.emit("error", { error: new LiveError("autoplay-blocked") });
    }
  }

  #giveUp(): void {
    this.#start?.abort(new LiveError("aborted"));
    this.#line?.close();
  }

  /** Closes in the reverse of how it was opened. */
  async #end(last: TalkState & { name: "closed" | "failed" }): Promise<void> {
    if (this.#state.name === "closing") return;
    this.#become({ name: "closing" });
    this.#wakeLock.release();
    this.#videos.stop();
    this.#line?.close();
    this.#conversation.end();
    await this.#voice.end();
    this.#become(last);
    if (last.name === "failed") this.emit("error", { error: last.error });
    this.emit("close", { reason: last.name === "failed" ? "failed" : "stopped" });
  }

  #becomeLive(): void {
    const { muted, holding, playing } = this.#voice.state;
    this.#become({
      name: "live",
      muted,
      holding,
      speaking: playing ? "model" : "nobody",
      turns: this.#turns,
      video: this.#videos.source,
    });
  }

  #refreshLive(): void {
    if (this.#state.name === "live") this.#becomeLive();
  }

  #become(state: TalkState): void {
    const previous = this.#state;
    this.#state = state;
    if (!same(previous, state)) this.emit("state", { state, previous });
  }
}

function same(a: TalkState, b: TalkState): boolean {
  const keys = Object.keys({ ...a, ...b }) as (keyof TalkState)[];
  return keys.every((key) => a[key] === b[key]);
}
