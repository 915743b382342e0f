/** The whole page, from the state. */
import { html, nothing, type TemplateResult } from "lit/html.js";

import { messages } from "../../messages/index.ts";
import type { Actions } from "../actions.ts";
import type { AppState, SignedIn } from "../state.ts";
import { conversation } from "./conversation.ts";
import { header } from "./header.ts";
import { isOpen } from "./talk-words.ts";
import { lazyPart } from "./lazy.ts";
import { sayFailure } from "./notices.ts";
import { stage } from "./stage.ts";
import { opening, welcome } from "./welcome.ts";

const { page } = messages;

export function view(state: AppState, actions: Actions): TemplateResult {
  switch (state.name) {
    case "loading":
      return alone(html`${opening()}<p class="soft small" role="status">${page.loading}</p>`);
    case "framed":
      return alone(html`<h1>${page.framed.title}</h1><p>${page.framed.more}</p>
        <p><a class="button main" href="./index.html" target="_blank" rel="noopener">${page.framed.open}</a></p>`);
    case "broken":
      return alone(html`<h1>${page.broken.title}</h1><p>${page.broken.more}</p>${sayFailure(state.code)}
        <p><button class="button main" @click=${() => actions.reload()}>${page.broken.retry}</button></p>`);
    case "signed-out":
      return alone(welcome(state, actions));
    case "signed-in":
      return signedIn(state, actions);
    default:
      return state satisfies never;
  }
}

function alone(content: TemplateResult): TemplateResult {
  return html`<main class="alone" id="main">${content}</main>`;
}

function signedIn(state: SignedIn, actions: Actions): TemplateResult {
  const talked = isOpen(state.talk) || state.lines.length > 0;
  return html`
    <a class="skip button" href="#main">${page.skip}</a>
    ${header(state, actions)}
    <main id="main" class=${talked ? "talked" : "quiet"} tabindex="-1">
      ${stage(state, actions)} ${talked ? conversation(state, actions) : nothing}
    </main>
    ${state.drawer === undefined ? nothing : lazyPart("drawer", state, actions)}
    ${state.panel === "none" ? nothing : lazyPart(state.panel, state, actions)}
  `;
}
