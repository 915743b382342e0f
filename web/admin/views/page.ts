/** The whole desk, from the state. */
import { html, nothing, type TemplateResult } from "lit/html.js";

import { admin as words } from "../../site/messages/admin.en.ts";
import { messages } from "../../site/messages/index.ts";
import { icon } from "../../site/icons.ts";
import { say, sayFailure } from "../../site/notices.ts";
import { waysIn } from "../../site/sign-in/welcome.ts";
import type { AdminActions, AdminState, Watching } from "../state.ts";
import { auditTrail } from "./audit.ts";
import { brakes } from "./brakes.ts";
import { overview } from "./overview.ts";
import { person } from "./person.ts";

export function view(state: AdminState, actions: AdminActions): TemplateResult {
  switch (state.name) {
    case "loading":
      return alone(html`${opening()}<p class="soft small" role="status">${words.loading}</p>`);
    case "framed":
      return alone(html`<h1>${messages.page.framed.title}</h1><p><a class="button main" href="./admin.html" target="_blank" rel="noopener">${messages.page.framed.open}</a></p>`);
    case "broken":
      return alone(html`<h1>${messages.page.broken.title}</h1>${sayFailure(state.code)}
        <p><button class="button main" @click=${() => actions.reload()}>${messages.page.broken.retry}</button></p>`);
    case "refused":
      return alone(html`${opening()}${say(words.refused)}
        <p><button class="button main" @click=${() => actions.signOut()}>${messages.signIn.out}</button></p>`);
    case "signed-out":
      return alone(html`${opening()}${waysIn(state, actions)}`);
    case "watching":
      return desk(state, actions);
    default:
      return state satisfies never;
  }
}

function desk(state: Watching, actions: AdminActions): TemplateResult {
  return html`<a class="skip" href="#main">${words.skip}</a>
    <header class="bar">
      <p class="mark"><img src="./favicon.svg" alt="" width="28" height="28" /><span class="name">${messages.page.name}</span></p>
      <nav aria-label=${words.title}>
        <button class="button quiet" @click=${() => actions.renew()}>${icon("resume")}<span>${words.renew}</span></button>
        <button class="button quiet" @click=${() => actions.signOut()}>${icon("person")}<span>${messages.signIn.out}</span></button>
      </nav>
    </header>
    <main class="admin" id="main" tabindex="-1">
      <h1>${words.title}</h1>
      ${state.notice === undefined ? nothing : say(state.notice.told, state.notice.tone, () => actions.dismissNotice())}
      ${overview(state)}
      ${brakes(state, actions)}
      ${person(state, actions)}
      ${auditTrail(state, actions)}
    </main>`;
}

function opening(): TemplateResult {
  return html`<img class="emblem" src="./favicon.svg" alt="" width="64" height="64" /><h1>${words.title}</h1><p class="lead soft">${words.lead}</p>`;
}

function alone(content: TemplateResult): TemplateResult {
  return html`<main class="alone" id="main">${content}</main>`;
}
