/** Starts a talk (microphone, token, connection, in this order) and ends it in reverse order. */

import type { LiveApi } from "./api/token-source.ts";
import type { SessionSummary } from "./api/types.ts";
import { Voice } from "./audio/voice.ts";
import { WakeLock } from "./audio/wake-lock.ts";
import { Conversation } from "./conversation/conversation.ts";
import { asLiveError, LiveError } from "./errors.ts";
import type { Emit } from "./events.ts";
import type { StartOptions } from "./options.ts";
import type { LiveState, TalkState } from "./state.ts";
import { type Change, TalkConnection } from "./talk-connection.ts";
import { Video } from "./video/video.ts";
import type { ToWire, WireStats } from "./wire/protocol.ts";

/** What ends a turn where nothing else was asked for (measured by others). */
const SILENCE_MS = 800;

type StateName = TalkState["name"];
/** There is a connection, or one is being opened. */
const UP: ReadonlySet<StateName> = new Set(["connecting", "live", "reconnecting"]);
/** Nothing is open. */
const DOWN: ReadonlySet<StateName> = new Set(["idle", "closed", "failed"]);

export class Call {
  readonly voice: Voice;
  readonly conversation: Conversation;
  readonly video: Video;
  readonly #emit: Emit;
  readonly #wakeLock = new WakeLock();
  readonly #page = new AbortController();
  /** Null once the talk is closed for good. */
  #connection: TalkConnection | null = null;
  #state: TalkState = { name: "idle" };
  #start: AbortController | null = null;

  constructor(tokens: LiveApi, emit: Emit) {
    this.#emit = emit;
    this.voice = new Voice(emit, () => this.#refresh());
    this.conversation = new Conversation(
      emit,
      (order) => this.tell(order),
      () => tokens.now(),
    );
    this.video = new Video((source, stream) => {
      this.tell({ do: "watch", on: source !== "none" });
      this.#refresh();
      emit("video", { source, stream });
    });
  }

  /** Start the worker, and follow what happens around the page. */
  async prepare(tokens: LiveApi): Promise<void> {
    const ends = { conversation: this.conversation, video: this.video };
    this.#connection = await TalkConnection.create(tokens, this.#emit, ends, (change) =>
      this.#follow(change),
    );
    const { signal } = this.#page;
    const devices = (): void => void this.voice.follow();
    document.addEventListener("visibilitychange", () => void this.#wakeLock.ask(), { signal });
    // iOS stops all sound for a phone call, and leaves it to the page to resume it, which it may refuse
    // without a tap (WebAudio/web-audio-api#2392, gree/unity-webview#796).
    for (const event of ["visibilitychange", "pointerup", "click", "keydown"]) {
      document.addEventListener(event, () => this.voice.graph?.resume(), { signal });
    }
    addEventListener("online", () => this.tell({ do: "online" }), { signal });
    navigator.mediaDevices?.addEventListener("devicechange", devices, { signal });
  }

  get state(): TalkState {
    return this.#state;
  }

  get session(): SessionSummary | null {
    return this.#connection?.tokens.session ?? null;
  }

  /** The conversation, which there is from `connecting` on. Throws `invalid-request` before. */
  get talking(): Conversation {
    if (!UP.has(this.#state.name)) throw new LiveError("invalid-request");
    return this.conversation;
  }

  tell(order: ToWire): void {
    this.#connection?.tell(order);
  }

  async stats(): Promise<WireStats | null> {
    return this.#connection?.stats() ?? null;
  }

  async start(options: StartOptions): Promise<void> {
    const isClosing = this.#state.name === "closing" || this.#start?.signal.aborted === true;
    if (isClosing) throw new LiveError("aborted");
    if (!DOWN.has(this.#state.name)) return;
    const start = new AbortController();
    this.#start = start;
    const givenUp = new Promise<never>((_, reject) => {
      start.signal.onabort = () => reject(new LiveError("aborted"));
    });
    options.signal?.addEventListener("abort", () => start.abort());
    if (options.signal?.aborted === true) start.abort();
    try {
      await Promise.race([givenUp, this.#open(options, start.signal)]);
    } catch (cause) {
      const error = asLiveError(cause);
      await this.#end(error.code === "aborted" ? { name: "closed" } : { name: "failed", error });
      throw error;
    } finally {
      this.#start = null;
    }
  }

  async stop(): Promise<void> {
    if (this.#start !== null) this.#start.abort();
    else if (UP.has(this.#state.name)) await this.#end({ name: "closed" });
  }

  async endSession(): Promise<void> {
    await this.stop();
    await this.#connection?.tokens.end();
  }

  async close(): Promise<void> {
    await this.stop();
    this.#page.abort();
    this.#connection?.terminate();
    this.#connection = null;
  }

  /** If aborted, it runs to its next step and leaves nothing open. */
  async #open(options: StartOptions, signal: AbortSignal): Promise<void> {
    const connection = this.#connection;
    if (connection === null) throw new LiveError("aborted");
    signal.throwIfAborted();
    const { wish = {}, resume, microphone = "", speaker = "", muted = false } = options;
    const turns = resume?.turns ?? (wish.turnDetection?.mode === "manual" ? "hold" : "automatic");
    this.conversation.begin(resume?.transcript);

    const graph = this.voice.unlock();
    const loading = graph.open();
    loading.catch(() => {}); // handled below, after the microphone
    if (microphone !== null) {
      this.#become({ name: "asking" });
      await this.voice.listenTo(microphone);
    }
    const ports = await loading;
    signal.throwIfAborted();

    this.#become({ name: "authorizing" });
    const grant = await connection.tokens.obtain(wish, resume, turns, signal);
    signal.throwIfAborted();

    this.#become({ name: "connecting" });
    const opening = connection.open(grant, ports);
    const silenceMs = wish.turnDetection?.silenceMs ?? SILENCE_MS;
    this.voice.begin(turns, muted || microphone === null, silenceMs);
    await opening;
    await this.voice.speakThrough(speaker);
  }

  /** Closes everything in reverse order. */
  async #end(last: TalkState & { name: "closed" | "failed" }): Promise<void> {
    if (this.#state.name === "closing") return;
    this.#become({ name: "closing" });
    this.#wakeLock.release();
    this.video.stop();
    this.#connection?.close();
    this.conversation.end();
    await this.voice.end();
    this.#become(last);
    const failed = last.name === "failed";
    if (failed) this.#emit("error", { error: last.error });
    this.#emit("close", { reason: failed ? "failed" : "stopped" });
  }

  #follow(change: Change): void {
    switch (change.is) {
      case "open":
      case "reconnected":
        if (change.is === "open") this.#begun();
        return this.#become({ name: "live", ...this.#going });
      case "reconnecting": {
        const { attempt, waitMs } = change;
        return this.#become({ name: "reconnecting", attempt, waitMs, ...this.#going });
      }
      case "failed":
        void this.#end({ name: "failed", error: LiveError.from(change.error) });
        return;
      default:
        change satisfies never;
    }
  }

  #begun(): void {
    this.#wakeLock.hold();
    this.video.sources().catch(() => {}); // whoever needs them asks again
  }

  #refresh(): void {
    if ("muted" in this.#state) this.#become({ ...this.#state, ...this.#going });
  }

  get #going(): Omit<LiveState, "name"> {
    return { ...this.voice.state, video: this.video.source };
  }

  #become(state: TalkState): void {
    const previous = this.#state;
    this.#state = state;
    // States are plain data, and the error in one serialises in full.
    if (JSON.stringify(previous) === JSON.stringify(state)) return;
    this.#emit("state", { state, previous });
  }
}
