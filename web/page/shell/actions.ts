/** Everything a signed-in person does: the talk, its limits, and what they prefer. */
import { asLiveError } from "../../client/errors.ts";
import {
  LiveError,
  LiveTalk,
  TokenSource,
  type LiveApi,
  type StartOptions,
} from "../../client/index.ts";
import type { DeploymentConfig } from "../../site/deployment/config.ts";
import { tell } from "../../site/messages/told.ts";
import {
  applyTheme,
  readPreferences,
  writePreferences,
  type Preferences,
} from "../../site/preferences.ts";
import { NotOpened } from "../../site/shell.ts";
import { SignInFailed, type Person, type SignIn } from "../../site/sign-in/sign-in.ts";
import { exposeForDevelopers } from "../drawer/console.ts";
import { Journal } from "../drawer/journal.ts";
import { keepBookmark } from "../resume/bookmarks.ts";
import { reportUsage } from "../resume/reports.ts";
import { followBookmark, leftBefore, placeToResume } from "../resume/resuming.ts";
import { wish } from "../settings/choices.ts";
import { holdBySpaceBar } from "../talk/keys.ts";
import { followTalk } from "../talk/talk-events.ts";
import { isOn, isOpen } from "../talk/talk-words.ts";
import { registerTools } from "../talk/tools.ts";
import { Video } from "../talk/video.ts";
import { followImages, isImage } from "../transcript/images.ts";
import { Panels } from "./panels.ts";
import { canResume, type SignedIn } from "./state.ts";
import type { Store } from "./store.ts";

const TICK_MS = 1000;
const BAD_IMAGE = { code: "bad-image", violated: [] };

/** Fetch a part of the page that comes late; it can be drawn then. */
export type LoadPart = (name: "signedIn" | "settings" | "sessions" | "drawer") => Promise<void>;

export interface ActionsOptions {
  readonly store: Store;
  readonly config: DeploymentConfig;
  readonly signIn: SignIn;
  readonly person: Person;
  readonly leave: (why?: "expired") => void;
  readonly loadPart: LoadPart;
}

/** Views call these in their handlers, so that a tap unlocks the sound. */
export class Actions {
  readonly video: Video;
  readonly panels: Panels;
  readonly journal: Journal;
  readonly #leave: ActionsOptions["leave"];
  readonly #detach: (() => void)[] = [];

  private constructor(
    { leave, loadPart }: ActionsOptions,
    private readonly store: Store,
    private readonly api: LiveApi,
    private readonly talk: LiveTalk,
    private readonly closing: AbortController,
    /** What is shown to begin with. */
    readonly initial: SignedIn,
  ) {
    const journal = new Journal(store);
    this.journal = journal;
    this.video = new Video(store, talk);
    this.panels = new Panels(store, api, talk, journal, loadPart);
    this.#leave = leave;
    const clock = setInterval(() => store.change(this.#now()), TICK_MS);
    this.#detach.push(
      () => clearInterval(clock),
      followTalk(talk, store, journal),
      followBookmark(talk, store),
      reportUsage(talk, api),
      registerTools(talk, api),
      holdBySpaceBar(
        (press) => this.hold(press),
        () => this.#holds(),
      ),
      followImages((file, name) => this.attach(file, name)),
      exposeForDevelopers(store, talk),
    );
  }

  /** Fetch what the page needs to know. Throws SignInFailed, or NotOpened with why. */
  static async open(options: ActionsOptions): Promise<Actions> {
    try {
      return await this.#open(options);
    } catch (error) {
      if (error instanceof SignInFailed) throw error;
      const code = error instanceof LiveError ? error.code : "unsupported";
      throw new NotOpened(tell(code), { cause: error });
    }
  }

  static async #open(options: ActionsOptions): Promise<Actions> {
    const { store, config, signIn, person, leave, loadPart } = options;
    let talk: LiveTalk | undefined;
    const closing = new AbortController();
    const api = new TokenSource({
      baseUrl: config.api,
      idToken: async ({ refresh }) =>
        signIn.idToken(closing.signal, refresh).catch((error: unknown) => {
          // A talk that is on goes on: it needs nobody's sign-in until its pass is over.
          const over = error instanceof SignInFailed && error.reason !== "unreachable";
          if (over && !closing.signal.aborted && !(talk !== undefined && isOn(talk.state)))
            leave("expired");
          throw new LiveError(
            error instanceof SignInFailed && error.reason === "unreachable" ? "network" : "signed-out",
          );
        }),
      onLimits: (limits) => store.change({ limits }),
    });
    const [offer, limits, before] = await Promise.all([
      api.config(),
      api.limits().catch(asLiveError),
      leftBefore(api),
      loadPart("signedIn").catch(() => {
        throw new LiveError("network");
      }),
    ]);
    talk = await LiveTalk.create({ tokens: api });
    const preferences = readPreferences();
    // Who may not talk here learns it now, and not from the first talk.
    const known =
      limits instanceof LiveError
        ? { limits: undefined, notice: { code: limits.code, violated: [] } }
        : { limits };
    const initial = {
      ...blank,
      ...before,
      ...known,
      person,
      config: offer,
      talk: talk.state,
      preferences,
      nowMs: Date.now(),
      serverNowMs: api.now(),
    };
    return new Actions(options, store, api, talk, closing, initial);
  }

  signOut(): void {
    this.#leave();
  }

  /** In the handler of a tap, before any await: it unlocks the sound. */
  start(): void {
    const state = this.store.signedIn;
    if (state === undefined || isOn(state.talk)) return;
    this.store.change({ lines: [] });
    this.#begin(state, { wish: wish(state.config, state.preferences) });
  }

  /** Like `start`, and it costs a refresh only, which no cooldown holds back. */
  resume(): void {
    const state = this.store.signedIn;
    if (state?.resumable === undefined || isOn(state.talk) || !canResume(state)) return;
    this.#begin(state, { resume: placeToResume(state.resumable, this.talk) });
  }

  #begin(state: SignedIn, how: StartOptions): void {
    const { microphone, speaker } = state.preferences;
    const options: StartOptions = {
      ...how,
      ...(microphone === undefined ? {} : { microphone }),
      ...(speaker === undefined ? {} : { speaker }),
    };
    this.journal.startedTalk();
    this.store.change({ notice: undefined, cost: 0, pass: undefined, liveSinceMs: undefined });
    this.talk.start(options).catch((error: unknown) => {
      // It is gone, and the settings show the system's then.
      if (error instanceof LiveError && error.code === "microphone-missing")
        this.prefer({ microphone: undefined });
      return this.#refreshLimits();
    });
  }

  stop(): void {
    this.video.stop();
    void this.talk.stop().then(() => this.#refreshLimits());
  }

  toggleMute(): void {
    const { state } = this.talk;
    if (!isOpen(state)) return;
    if (state.muted) this.talk.unmute();
    else this.talk.mute();
  }

  hold(press: "down" | "up"): void {
    if (this.#holds()) this.talk.pushToTalk(press);
  }

  send(text: string): void {
    const image = this.store.signedIn?.attached?.blob;
    this.detach();
    this.journal.asked();
    void (image === undefined ? Promise.resolve() : this.talk.sendImage(image))
      .catch(() => this.store.change({ notice: BAD_IMAGE }))
      .then(() => this.talk.sendText(text));
  }

  attach(blob: Blob, name: string): void {
    if (!isOpen(this.talk.state)) return;
    this.detach();
    if (!isImage(blob)) return this.store.change({ notice: BAD_IMAGE });
    this.store.change({ attached: { blob, name, url: URL.createObjectURL(blob) } });
  }

  detach(): void {
    const attached = this.store.signedIn?.attached;
    if (attached !== undefined) URL.revokeObjectURL(attached.url);
    this.store.change({ attached: undefined });
  }

  prefer(change: Partial<Preferences>): void {
    const state = this.store.signedIn;
    if (state === undefined) return;
    const preferences = { ...state.preferences, ...change };
    writePreferences(preferences);
    applyTheme(preferences.theme);
    this.store.change({ preferences });
    if (!isOn(state.talk)) return;
    if ("microphone" in change)
      void this.talk
        .setMicrophone(change.microphone ?? "")
        .catch((error: unknown) => this.#failed(error));
    if ("speaker" in change)
      void this.talk.setSpeaker(change.speaker ?? "").catch((error: unknown) => this.#failed(error));
  }

  /** Of somebody who leaves nothing that was said stays behind; who only has to sign in again can resume. */
  async close({ forget }: { forget: boolean }): Promise<void> {
    this.video.stop();
    this.detach();
    for (const detach of this.#detach.toReversed()) detach();
    this.closing.abort();
    if (forget) keepBookmark(null);
    await this.talk.close();
  }

  dismissNotice(): void {
    this.store.change({ notice: undefined });
  }

  #holds(): boolean {
    const { state } = this.talk;
    return isOpen(state) && state.turns === "hold";
  }

  #now(): Partial<SignedIn> {
    return { nowMs: Date.now(), serverNowMs: this.api.now() };
  }

  async #refreshLimits(): Promise<void> {
    const limits = await this.api.limits().catch(() => undefined);
    if (limits !== undefined) this.store.change({ limits, ...this.#now() });
  }

  #failed(error: unknown): void {
    const notice =
      error instanceof LiveError
        ? { code: error.code, violated: error.violated }
        : { code: "internal", violated: [] };
    this.store.change({ notice });
  }
}

const blank = {
  name: "signed-in",
  lines: [],
  notice: undefined,
  liveSinceMs: undefined,
  cost: 0,
  pass: undefined,
  resumable: undefined,
  video: undefined,
  devices: { microphones: [], speakers: [], cameras: [], microphone: null, speaker: "" },
  attached: undefined,
  panel: "none",
  sessions: { name: "unread" },
  drawer: undefined,
} as const;
