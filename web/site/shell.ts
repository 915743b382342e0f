/** Everything before sign-in, for both pages: config.json, the policy, and signing in and out. */
import { loadConfig, type DeploymentConfig, type SignInConfig } from "./deployment/config.ts";
import { narrowPolicy } from "./deployment/narrow.ts";
import type { Told } from "./messages/refusals.en.ts";
import { shellMessages } from "./messages/shell.ts";
import { createSignIn } from "./sign-in/create.ts";
import {
  SignInFailed,
  type Entry,
  type Person,
  type SignIn,
  type SignInFailure,
} from "./sign-in/sign-in.ts";

const { page } = shellMessages;

export type ShellState =
  /** config.json and the sign-in are being loaded. */
  | { readonly name: "loading" }
  /** Inside another page, where nothing is offered. */
  | { readonly name: "framed" }
  /** config.json, the page's own scripts or the API's configuration could not be loaded. */
  | { readonly name: "broken"; readonly told: Told }
  | SignedOut;

export interface SignedOut {
  readonly name: "signed-out";
  readonly kind: SignInConfig["kind"];
  readonly ways: readonly Entry["way"][];
  readonly providerName: string;
  readonly busy: boolean;
  /** Why, or what to say about it. */
  readonly failure: SignInFailure | Told | undefined;
  /** A password reset email is on its way. */
  readonly sent?: boolean;
}

/** What a page has open for someone who is signed in. */
export interface Opened {
  /** `forget` is false for someone who only has to sign in again. */
  close(how: { forget: boolean }): unknown;
}

/** Why a page could not be opened, if it knows more than that something did not load. */
export class NotOpened extends Error {
  constructor(
    readonly told: Told,
    options?: ErrorOptions,
  ) {
    super(told.title, options);
  }
}

export interface ShellOptions {
  show(state: ShellState): void;
  /** Rejects with SignInFailed, with NotOpened, or with anything else if a script did not load. */
  open(config: DeploymentConfig, signIn: SignIn, person: Person): Promise<Opened>;
  readonly admin?: boolean;
}

export class Shell {
  readonly #page = new URL(location.href);
  /** Never aborted: the shell lasts as long as the page. */
  readonly #signal = new AbortController().signal;
  readonly #options: ShellOptions;
  #signIn: SignIn | undefined;
  #config: DeploymentConfig | undefined;
  #opened: Opened | undefined;

  constructor(options: ShellOptions) {
    this.#options = options;
  }

  async begin(): Promise<void> {
    const { show, admin = false } = this.#options;
    if (self !== top) return show({ name: "framed" });
    try {
      const config = await loadConfig(this.#page, this.#signal);
      narrowPolicy(config, this.#page);
      this.#config = config;
      this.#signIn = await createSignIn(config.signIn, this.#page, { admin });
    } catch {
      return show({ name: "broken", told: page.broken.why });
    }
    await this.#enter(async (signIn, signal) => signIn.resume(signal));
  }

  reload(): void {
    location.reload();
  }

  signIn(entry: Entry): void {
    this.#signedOut(undefined, { busy: true });
    void this.#enter(async (signIn, signal) => signIn.enter(entry, signal));
  }

  async forgot(email: string): Promise<void> {
    this.#signedOut(undefined, { busy: true });
    try {
      await this.#signIn?.forgot?.(email, this.#signal);
      this.#signedOut(undefined, { sent: true });
    } catch (error) {
      this.#signedOut(error instanceof SignInFailed ? error.reason : "refused");
    }
  }

  /** Sign out; with a failure, because the sign-in has ended by itself. */
  async signOut(failure?: "expired"): Promise<void> {
    this.#opened?.close({ forget: failure === undefined });
    this.#opened = undefined;
    this.#signedOut(failure);
    const told = await this.#signIn?.leave(failure);
    if (told !== undefined) this.#signedOut(told);
  }

  async #enter(
    how: (signIn: SignIn, signal: AbortSignal) => ReturnType<SignIn["enter"]>,
  ): Promise<void> {
    const [signIn, config] = [this.#signIn, this.#config];
    if (signIn === undefined || config === undefined) return;
    try {
      const person = await how(signIn, this.#signal);
      if (person === undefined) return this.#signedOut();
      this.#opened = await this.#options.open(config, signIn, person);
    } catch (error) {
      if (error instanceof SignInFailed) return this.#signedOut(error.told ?? error.reason);
      const told = error instanceof NotOpened ? error.told : page.broken.why;
      this.#options.show({ name: "broken", told });
    }
  }

  #signedOut(failure?: SignInFailure | Told, { busy = false, sent = false } = {}): void {
    const [signIn, config] = [this.#signIn, this.#config];
    if (signIn === undefined || config === undefined) return;
    const { ways, providerName } = signIn;
    this.#options.show({
      name: "signed-out",
      kind: config.signIn.kind,
      ways,
      providerName,
      busy,
      sent,
      failure,
    });
  }
}
