/**
 * What a signed-in person can do. Views call these directly in event handlers, so that a tap unlocks
 * sound.
 */
import { LiveError, type LiveApi, type LiveTalk, type StartOptions } from "../../client/index.ts";
import { applyTheme, writePreferences, type Preferences } from "../../site/preferences.ts";
import { exposeForDevelopers } from "../drawer/console.ts";
import { Journal } from "../drawer/journal.ts";
import { keepBookmark } from "../resume/bookmarks.ts";
import { reportUsage } from "../resume/reports.ts";
import { followBookmark, placeToResume } from "../resume/resuming.ts";
import { wish } from "../settings/choices.ts";
import { holdBySpaceBar } from "../talk/keys.ts";
import { followTalk } from "../talk/talk-events.ts";
import { isOn, isOpen } from "../talk/talk-words.ts";
import { Video } from "../talk/video.ts";
import { Draft } from "../transcript/draft.ts";
import { followImages } from "../transcript/images.ts";
import { Panels, type PanelPart } from "./panels.ts";
import { canResume, type SignedIn } from "./state.ts";
import type { Store } from "./store.ts";

const TICK_MS = 1000;

export interface ActionsOptions {
  readonly store: Store;
  readonly api: LiveApi;
  readonly talk: LiveTalk;
  /** Sign out; `expired` if the person did not ask for it. */
  readonly leave: (why?: "expired") => void;
  readonly loadPart: (name: PanelPart) => Promise<void>;
  /** Aborted by `close`. */
  readonly closing: AbortController;
}

export class Actions {
  readonly video: Video;
  readonly panels: Panels;
  readonly journal: Journal;
  readonly draft: Draft;
  /** The first state to show. */
  readonly initial: SignedIn;
  readonly #store: Store;
  readonly #api: LiveApi;
  readonly #talk: LiveTalk;
  readonly #closing: AbortController;
  readonly #leave: ActionsOptions["leave"];
  readonly #detach: (() => void)[] = [];

  constructor(options: ActionsOptions, initial: SignedIn) {
    const { store, api, talk, closing, leave, loadPart } = options;
    const journal = new Journal(store);
    this.initial = initial;
    this.#store = store;
    this.#api = api;
    this.#talk = talk;
    this.#closing = closing;
    this.#leave = leave;
    this.journal = journal;
    this.video = new Video(store, talk);
    this.panels = new Panels(store, api, talk, journal, loadPart);
    this.draft = new Draft(store, talk, journal);
    const clock = setInterval(() => store.change(this.#now()), TICK_MS);
    this.#detach.push(
      () => clearInterval(clock),
      followTalk(talk, store, journal),
      followBookmark(talk, store),
      reportUsage(talk, api),
      holdBySpaceBar(
        (press) => this.hold(press),
        () => this.#holds(),
      ),
      followImages((file, name) => this.draft.attach(file, name)),
      exposeForDevelopers(store, talk),
    );
  }

  signOut(): void {
    this.#leave();
  }

  /** Start a talk. Call it in a tap's handler, before any await, because the tap unlocks sound. */
  start(): void {
    const state = this.#store.signedIn;
    if (state === undefined || isOn(state.talk)) return;
    this.#store.change({ lines: [] });
    this.#begin(state, { wish: wish(state.config, state.preferences) });
  }

  /** Resume the talk that was left. No cooldown prevents that while its session is active. */
  resume(): void {
    const state = this.#store.signedIn;
    if (state?.resumable === undefined || isOn(state.talk) || !canResume(state)) return;
    this.#begin(state, { resume: placeToResume(state.resumable, this.#talk) });
  }

  #begin(state: SignedIn, how: StartOptions): void {
    const { microphone, speaker } = state.preferences;
    const options: StartOptions = {
      ...how,
      ...(microphone === undefined ? {} : { microphone }),
      ...(speaker === undefined ? {} : { speaker }),
    };
    this.journal.startedTalk();
    this.#store.change({ notice: undefined, cost: 0, pass: undefined, liveSinceMs: undefined });
    this.#talk.start(options).catch(async () => this.#refreshLimits());
  }

  stop(): void {
    this.video.stop();
    void this.#talk.stop().then(() => this.#refreshLimits());
  }

  toggleMute(): void {
    const { state } = this.#talk;
    if (!isOpen(state)) return;
    if (state.muted) this.#talk.unmute();
    else this.#talk.mute();
  }

  hold(press: "down" | "up"): void {
    if (this.#holds()) this.#talk.pushToTalk(press);
  }

  prefer(change: Partial<Preferences>): void {
    const state = this.#store.signedIn;
    if (state === undefined) return;
    const preferences = { ...state.preferences, ...change };
    writePreferences(preferences);
    applyTheme(preferences.theme);
    this.#store.change({ preferences });
    if (!isOn(state.talk)) return;
    if ("microphone" in change)
      void this.#talk
        .setMicrophone(change.microphone ?? "")
        .catch((error: unknown) => this.#failed(error));
    if ("speaker" in change)
      void this.#talk.setSpeaker(change.speaker ?? "").catch((error: unknown) => this.#failed(error));
  }

  /**
   * Close the talk. `forget` deletes what was said; without it, the talk can be resumed after signing in
   * again.
   */
  async close({ forget }: { forget: boolean }): Promise<void> {
    this.video.stop();
    this.draft.detach();
    for (const detach of this.#detach.toReversed()) detach();
    this.#closing.abort();
    if (forget) keepBookmark(null);
    await this.#talk.close();
  }

  dismissNotice(): void {
    this.#store.change({ notice: undefined });
  }

  #holds(): boolean {
    const { state } = this.#talk;
    return isOpen(state) && state.turns === "hold";
  }

  #now(): Partial<SignedIn> {
    return { nowMs: Date.now(), serverNowMs: this.#api.now() };
  }

  async #refreshLimits(): Promise<void> {
    const limits = await this.#api.limits().catch(() => undefined);
    if (limits !== undefined) this.#store.change({ limits, ...this.#now() });
  }

  #failed(error: unknown): void {
    const notice =
      error instanceof LiveError
        ? { code: error.code, violated: error.violated }
        : { code: "internal", violated: [] };
    this.#store.change({ notice });
  }
}
