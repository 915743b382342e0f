/** The desk's page from its opening to its closing: set up, sign in, watch, sign out. */
import { render } from "lit/html.js";

import { loadConfig, type DeploymentConfig } from "../site/deployment/config.ts";
import { narrowPolicy } from "../site/deployment/narrow.ts";
import { Api } from "../client/api/calls.ts";
import { createSignIn } from "../site/sign-in/create.ts";
import { SignInFailed, type SignIn, type SignInFailure } from "../site/sign-in/sign-in.ts";
import { AdminCalls } from "./calls.ts";
import { AdminDesk } from "./desk.ts";
import type { AdminActions, AdminState, Watching } from "./state.ts";
import { view } from "./views/page.ts";

const NARROW = matchMedia("(max-width: 44rem)");

export class AdminApp {
  readonly #page = new URL(location.href);
  readonly #closing = new AbortController();
  readonly #actions = this.#made();
  #state: AdminState = { name: "loading" };
  #began = false;
  #signIn: SignIn | undefined;
  #config: DeploymentConfig | undefined;
  #desk: AdminDesk | undefined;

  constructor(private readonly root: HTMLElement) {}

  async open(): Promise<void> {
    if (self !== top) return this.#show({ name: "framed" });
    NARROW.addEventListener("change", () => this.#change({ narrow: NARROW.matches }));
    try {
      this.#config = await loadConfig(this.#page, this.#closing.signal);
      narrowPolicy(this.#config, this.#page);
      this.#signIn = await createSignIn(this.#config.signIn, this.#page, { admin: true });
    } catch {
      return this.#show({ name: "broken", code: "network" });
    }
    await this.#enter(async (signIn, signal) => signIn.resume(signal));
  }

  async #enter(how: (signIn: SignIn, signal: AbortSignal) => ReturnType<SignIn["enter"]>): Promise<void> {
    const [signIn, config] = [this.#signIn, this.#config];
    if (signIn === undefined || config === undefined) return;
    try {
      const person = await how(signIn, this.#closing.signal);
      if (person === undefined) return this.#signedOut();
      const idToken = async ({ refresh }: { refresh: boolean }): Promise<string> => signIn.idToken(this.#closing.signal, refresh);
      this.#show({ name: "watching", who: person.name, ...UNREAD, narrow: NARROW.matches });
      this.#desk = new AdminDesk(new AdminCalls(new Api({ baseUrl: config.api, idToken })), this.#screen());
      this.#desk.open();
    } catch (error) {
      this.#signedOut(error instanceof SignInFailed ? error.reason : "unreachable");
    }
  }

  #screen(): ConstructorParameters<typeof AdminDesk>[1] {
    const watching = (): Watching | undefined => (this.#state.name === "watching" ? this.#state : undefined);
    return {
      get watching() {
        return watching();
      },
      change: (change) => this.#change(change),
      leave: (code) => {
        this.#desk?.close();
        if (code === "forbidden") this.#show({ name: "refused" });
        else this.#leave("expired");
      },
    };
  }

  #signedOut(failure?: SignInFailure, { busy = false, sent = false } = {}): void {
    const [signIn, config] = [this.#signIn, this.#config];
    if (signIn === undefined || config === undefined) return;
    const { ways, providerName } = signIn;
    this.#show({ name: "signed-out", kind: config.signIn.kind, ways, providerName, busy, sent, failure });
  }

  #leave(failure?: SignInFailure): void {
    this.#desk?.close();
    this.#signIn?.leave();
    this.#signedOut(failure);
  }

  async #forgot(email: string): Promise<void> {
    try {
      await this.#signIn?.forgot?.(email, this.#closing.signal);
      this.#signedOut(undefined, { sent: true });
    } catch (error) {
      this.#signedOut(error instanceof SignInFailed ? error.reason : "refused");
    }
  }

  #change(change: Partial<Watching>): void {
    if (this.#state.name === "watching") this.#show({ ...this.#state, ...change });
  }

  #show(state: AdminState): void {
    this.#state = state;
    // What admin.html shows stays until there is more to show.
    if (!this.#began) this.root.replaceChildren();
    this.#began = true;
    render(view(state, this.#actions), this.root);
  }

  #made(): AdminActions {
    return {
      reload: () => location.reload(),
      signIn: (entry) => {
        this.#signedOut(undefined, { busy: true });
        void this.#enter(async (signIn, signal) => signIn.enter(entry, signal));
      },
      forgot: (email) => void this.#forgot(email),
      signOut: () => this.#leave(),
      renew: () => void this.#desk?.renew(),
      closeUser: () => {
        history.replaceState(history.state, "", "#");
        this.#change({ found: undefined });
      },
      readAudit: (event) => void this.#desk?.readAudit(event),
      pause: (order) => void this.#desk?.pause(order),
      resume: () => void this.#desk?.resume(),
      block: (hash, order) => void this.#desk?.block(hash, order),
      unblock: (hash) => void this.#desk?.unblock(hash),
      setTier: (hash, tier, order) => void this.#desk?.setTier(hash, tier, order),
      resetTier: (hash) => void this.#desk?.resetTier(hash),
      dismissNotice: () => this.#change({ notice: undefined }),
    };
  }
}

const UNREAD = { overview: undefined, blocks: undefined, found: undefined, audit: undefined, notice: undefined, busy: false };
