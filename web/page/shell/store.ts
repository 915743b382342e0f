/** Keeps the state and draws it, once for any number of changes in a row. */
import { render, type TemplateResult } from "lit/html.js";

import type { AppState, SignedIn } from "./state.ts";

export class Store {
  #state: AppState = { name: "loading" };
  #drawing = false;
  #began = false;
  readonly #root: HTMLElement;
  readonly #view: (state: AppState) => TemplateResult;

  constructor(root: HTMLElement, view: (state: AppState) => TemplateResult) {
    this.#root = root;
    this.#view = view;
  }

  get state(): AppState {
    return this.#state;
  }

  /** The state of a signed-in person; undefined when nobody is signed in. */
  get signedIn(): SignedIn | undefined {
    return this.#state.name === "signed-in" ? this.#state : undefined;
  }

  set(state: AppState): void {
    this.#state = state;
    if (this.#drawing) return;
    this.#drawing = true;
    queueMicrotask(() => this.#draw());
  }

  /** Change part of the state, if someone is signed in. */
  change(change: Partial<SignedIn> | ((state: SignedIn) => Partial<SignedIn>)): void {
    const state = this.signedIn;
    if (state !== undefined)
      this.set({ ...state, ...(typeof change === "function" ? change(state) : change) });
  }

  #draw(): void {
    this.#drawing = false;
    // Keep what index.html shows until there is more.
    if (!this.#began) this.#root.replaceChildren();
    this.#began = true;
    const log = this.#root.querySelector(".log");
    const follows = log === null || log.scrollHeight - log.scrollTop - log.clientHeight < 80;
    render(this.#view(this.#state), this.#root);
    const now = this.#root.querySelector(".log");
    if (now !== null && follows) now.scrollTop = now.scrollHeight;
  }
}
