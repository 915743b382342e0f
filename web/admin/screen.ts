/** What the admin dashboard shows: kept, and drawn at every change. */
import { render, type TemplateResult } from "lit/html.js";

import type { AdminState, Watching } from "./state.ts";

export class Screen {
  #state: AdminState = { name: "loading" };
  #began = false;

  constructor(
    private readonly root: HTMLElement,
    private readonly view: (state: AdminState) => TemplateResult,
  ) {}

  /** What an admin sees; undefined when none is there. */
  get watching(): Watching | undefined {
    return this.#state.name === "watching" ? this.#state : undefined;
  }

  show(state: AdminState): void {
    this.#state = state;
    // What admin.html shows stays until there is more to show.
    if (!this.#began) this.root.replaceChildren();
    this.#began = true;
    render(this.view(state), this.root);
  }

  /** Change some of it, if an admin is there. */
  change(change: Partial<Watching>): void {
    if (this.#state.name === "watching") this.show({ ...this.#state, ...change });
  }
}
