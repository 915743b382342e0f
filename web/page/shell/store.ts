/** Keeps the state and draws it: once, however many changes came in a row. */
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

  /** What the page shows of whoever is signed in; undefined when nobody is. */
  get signedIn(): SignedIn | undefined {
    return this.#state.name === "signed-in" ? this.#state : undefined;
  }

  set(state: AppState): void {
    this.#state = state;
    if (this.#drawing) return;
    this.#drawing = true;
    queueMicrotask(() => this.#draw());
  }

  /** Change some of it, if somebody is signed in. */
  change(change: Partial<SignedIn> | ((state: SignedIn) => Partial<SignedIn>)): void {
    const state = this.signedIn;
    if (state !== undefined)
      this.set({ ...state, ...(typeof change === "function" ? change(state) : change) });
  }

  #draw(): void {
    this.#drawing = false;
    // What index.html shows stays until there is more to show.
    if (!this.#began) this.#root.replaceChildren();
    this.#began = true;
    const log = this.#root.querySelector(".log");
    const follows = log === null || log.scrollHeight - log.scrollTop - log.clientHeight < 80;
    render(this.#view(this.#state), this.#root);
    const now = this.#root.querySelector(".log");
    if (now !== null && follows) now.scrollTop = now.scrollHeight;
  }
}
