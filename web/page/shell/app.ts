/** The page from its opening to its closing: set up, sign in, talk, sign out. */
import { loadConfig, type DeploymentConfig } from "../../site/deployment/config.ts";
import { narrowPolicy } from "../../site/deployment/narrow.ts";
import { createSignIn } from "../../site/sign-in/create.ts";
import { SignInFailed, type Entry, type SignIn, type SignInFailure } from "../../site/sign-in/sign-in.ts";
import type { Actions } from "./actions.ts";
import type { Desk } from "./desk.ts";
import { Store } from "./store.ts";
import { view } from "./view.ts";

export class App {
  readonly #store: Store;
  readonly #page = new URL(location.href);
  readonly #closing = new AbortController();
  #signIn: SignIn | undefined;
  #config: DeploymentConfig | undefined;
  #desk: Desk | undefined;

  constructor(root: HTMLElement) {
    const actions = this.#actions();
    this.#store = new Store(root, (state) => view(state, actions));
  }

  async open(): Promise<void> {
    if (self !== top) return this.#store.set({ name: "framed" });
    addEventListener("pagehide", () => this.#desk?.stop());
    try {
      const config = await loadConfig(this.#page, this.#closing.signal);
      narrowPolicy(config, this.#page);
      this.#config = config;
      this.#signIn = await createSignIn(config.signIn, this.#page);
    } catch {
      return this.#store.set({ name: "broken", code: "network" });
    }
    await this.#enter(async (signIn, signal) => signIn.resume(signal));
  }

  async #enter(how: (signIn: SignIn, signal: AbortSignal) => ReturnType<SignIn["enter"]>): Promise<void> {
    const [signIn, config] = [this.#signIn, this.#config];
    if (signIn === undefined || config === undefined) return;
    try {
      const person = await how(signIn, this.#closing.signal);
      if (person === undefined) return this.#signedOut();
      const { Desk: desk } = await import("./desk.ts");
      this.#desk = await desk.open(this.#store, config, signIn, person, () => this.#leave("expired"));
    } catch (error) {
      if (error instanceof SignInFailed) return this.#signedOut(error.reason);
      const code = error instanceof Error && "code" in error ? String(error.code) : "unsupported";
      this.#store.set({ name: "broken", code });
    }
  }

  async #forgot(email: string): Promise<void> {
    this.#signedOut(undefined, { busy: true });
    try {
      await this.#signIn?.forgot?.(email, this.#closing.signal);
      this.#signedOut(undefined, { sent: true });
    } catch (error) {
      this.#signedOut(error instanceof SignInFailed ? error.reason : "refused");
    }
  }

  #signedOut(failure?: SignInFailure, { busy = false, sent = false } = {}): void {
    const [signIn, config] = [this.#signIn, this.#config];
    if (signIn === undefined || config === undefined) return;
    const { ways, providerName } = signIn;
    this.#store.set({ name: "signed-out", kind: config.signIn.kind, ways, providerName, busy, sent, failure });
  }

  #leave(failure?: SignInFailure): void {
    void this.#desk?.close({ forget: failure === undefined });
    this.#desk = undefined;
    this.#signIn?.leave();
    this.#signedOut(failure);
  }

  #actions(): Actions {
    const desk = (): Desk | undefined => this.#desk;
    return {
      reload: () => location.reload(),
      signIn: (entry: Entry) => {
        this.#signedOut(undefined, { busy: true });
        void this.#enter(async (signIn, signal) => signIn.enter(entry, signal));
      },
      forgot: (email) => void this.#forgot(email),
      signOut: () => this.#leave(),
      start: () => desk()?.start(),
      resume: () => desk()?.resume(),
      stop: () => desk()?.stop(),
      toggleMute: () => desk()?.toggleMute(),
      hold: (press) => desk()?.hold(press),
      toggleCamera: () => desk()?.video.toggleCamera(),
      flipCamera: () => desk()?.video.flipCamera(),
      toggleScreen: () => desk()?.video.toggleScreen(),
      send: (text) => desk()?.send(text),
      attach: (file, name) => desk()?.attach(file, name),
      detach: () => desk()?.detach(),
      dismissNotice: () => this.#store.change({ notice: undefined }),
      open: (panel) => void desk()?.panels.open(panel),
      closePanel: () => this.#store.change({ panel: "none" }),
      prefer: (change) => desk()?.prefer(change),
      endSession: (id) => void desk()?.panels.endSession(id),
      readSessions: () => void desk()?.panels.readSessions(),
      toggleDrawer: () => void desk()?.panels.toggleDrawer(),
      clearEvents: () => desk()?.journal.clear(),
    };
  }
}
