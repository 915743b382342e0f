/** Keeps what the admin dashboard shows, and draws it at every change. */
import { render, type TemplateResult } from "lit/html.js";

import type { AdminState, Watching } from "./state.ts";

export class Screen {
  #state: AdminState = { name: "loading" };
  #began = false;

  constructor(
    private readonly root: HTMLElement,
    private readonly view: (state: AdminState) => TemplateResult,
  ) {}

  /** The state of a signed-in admin; undefined when none is signed in. */
  get watching(): Watching | undefined {
    return this.#state.name === "watching" ? this.#state : undefined;
  }

  show(state: AdminState): void {
    this.#state = state;
    // Keep what admin.html shows until there is more.
    if (!this.#began) this.root.replaceChildren();
    this.#began = true;
    render(this.view(state), this.root);
  }

  /** Change part of the state, if an admin is signed in. */
  change(change: Partial<Watching>): void {
    if (this.#state.name === "watching") this.show({ ...this.#state, ...change });
  }
}
