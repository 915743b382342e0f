/** The bar at the top: the name, the talks, the settings, and a menu for the rest. */
import { html, type TemplateResult } from "lit/html.js";

import { icon } from "../../site/icons.ts";
import { around } from "../../site/isolated.ts";
import { messages } from "../../site/messages/index.ts";
import { connection } from "../talk/talk-words.ts";
import type { Actions } from "./actions.ts";
import type { SignedIn } from "./state.ts";

const { page, sessions, settings, drawer, signIn, menu } = messages;

export function header(state: SignedIn, actions: Actions): TemplateResult {
  const { tone, words } = connection(state.talk);
  return html`<header class="bar">
    <p class="mark"><img src="./favicon.svg" alt="" width="28" height="28" /><span class="name">${page.name}</span></p>
    <p class="chip ${tone}">${words}</p>
    <nav aria-label=${menu.title}>
      <button class="button quiet" @click=${() => actions.panels.open("sessions")}>${icon("talks")}<span>${sessions.open}</span></button>
      <button class="button quiet" @click=${() => actions.panels.open("settings")}>${icon("settings")}<span>${settings.open}</span></button>
      <button class="button quiet icon" popovertarget="menu" aria-label=${menu.open}>${icon("person")}</button>
    </nav>
    <div id="menu" popover class="menu">
      <p class="soft small">${around(signIn.as, state.person.name || signIn.guest)}</p>
      <button class="button quiet" popovertarget="menu" popovertargetaction="hide" @click=${() => actions.panels.toggleDrawer()}>${drawer.open}</button>
      <button class="button quiet" @click=${() => actions.signOut()}>${signIn.out}</button>
    </div>
  </header>`;
}
