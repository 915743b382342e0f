/** The whole admin dashboard, from the state. */
import { html, nothing, type TemplateResult } from "lit/html.js";

import { icon } from "../../site/icons.ts";
import { admin as words } from "../../site/messages/admin.en.ts";
import { messages } from "../../site/messages/index.ts";
import { say } from "../../site/notices.ts";
import { alone, opening, shellView, type ShellWords } from "../../site/shell-view.ts";
import type { Shell } from "../../site/shell.ts";
import type { AdminActions } from "../actions.ts";
import type { AdminState, Watching } from "../state.ts";
import { auditTrail } from "./audit.ts";
import { controls } from "./controls.ts";
import { overview } from "./overview.ts";
import { person } from "./person.ts";

const shellWords: ShellWords = {
  title: words.title,
  lead: words.lead,
  loading: words.loading,
  home: "./admin.html",
};

/** `actions`: what an admin can do. */
export function view(
  state: AdminState,
  shell: Shell,
  actions: AdminActions | undefined,
): TemplateResult {
  switch (state.name) {
    case "watching":
      return actions === undefined ? html`` : dashboard(state, actions);
    case "refused":
      return alone(html`${opening(shellWords)}${say(words.refused)}
        <p><button class="button main" @click=${() => shell.signOut()}>${messages.signIn.out}</button></p>`);
    default:
      return shellView(state, shell, shellWords);
  }
}

function dashboard(state: Watching, actions: AdminActions): TemplateResult {
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
      ${controls(state, actions)}
      ${person(state, actions)}
      ${auditTrail(state, actions)}
    </main>`;
}
