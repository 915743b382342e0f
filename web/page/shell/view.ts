/** The whole page, from the state. */
import { html, nothing, type TemplateResult } from "lit/html.js";

import { messages } from "../../site/messages/index.ts";
import type { Actions } from "./actions.ts";
import type { AppState } from "./state.ts";
import { lazyPart } from "./lazy.ts";
import { sayFailure } from "../../site/notices.ts";
import { opening, welcome } from "../../site/sign-in/welcome.ts";

const { page } = messages;

export function view(state: AppState, actions: Actions): TemplateResult {
  switch (state.name) {
    case "loading":
      return alone(html`${opening()}<p class="soft small" role="status">${page.loading}</p>`);
    case "framed":
      return alone(html`<h1>${page.framed.title}</h1><p>${page.framed.more}</p>
        <p><a class="button main" href="./index.html" target="_blank" rel="noopener">${page.framed.open}</a></p>`);
    case "broken":
      return alone(html`<h1>${page.broken.title}</h1>${sayFailure(state.code)}
        <p><button class="button main" @click=${() => actions.reload()}>${page.broken.retry}</button></p>`);
    case "signed-out":
      return alone(welcome(state, actions));
    case "signed-in":
      return html`${lazyPart("signedIn", state, actions)}
        ${state.drawer === undefined ? nothing : lazyPart("drawer", state, actions)}
        ${state.panel === "none" ? nothing : lazyPart(state.panel, state, actions)}`;
    default:
      return state satisfies never;
  }
}

function alone(content: TemplateResult): TemplateResult {
  return html`<main class="alone" id="main">${content}</main>`;
}
