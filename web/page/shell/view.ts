/** Draws the whole page from the state. */
import { html, nothing, type TemplateResult } from "lit/html.js";

import { shellMessages } from "../../site/messages/shell.ts";
import { shellView, type ShellWords } from "../../site/shell-view.ts";
import type { Shell } from "../../site/shell.ts";
import type { Actions } from "./actions.ts";
import { lazyPart } from "./lazy.ts";
import type { AppState } from "./state.ts";

const { page, signIn } = shellMessages;
const words: ShellWords = {
  title: page.title,
  lead: signIn.lead,
  loading: page.loading,
  home: "./index.html",
  framed: page.framed.more,
};

/** `actions` is undefined until someone has signed in. */
export function view(state: AppState, shell: Shell, actions: Actions | undefined): TemplateResult {
  if (state.name !== "signed-in") return shellView(state, shell, words);
  if (actions === undefined) return html``;
  return html`${lazyPart("signedIn", state, actions)}
    ${state.drawer === undefined ? nothing : lazyPart("drawer", state, actions)}
    ${state.panel === "none" ? nothing : lazyPart(state.panel, state, actions)}`;
}
