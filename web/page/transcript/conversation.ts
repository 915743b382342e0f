/** The transcript and the text box. */
import { html, nothing, type TemplateResult } from "lit/html.js";

import { messages } from "../../site/messages/index.ts";
import type { Actions } from "../shell/actions.ts";
import type { SignedIn } from "../shell/state.ts";
import { isOpen } from "../talk/talk-words.ts";
import { composer } from "./composer.ts";
import { isShown } from "./lines.ts";
import { transcript } from "./transcript.ts";

const { transcript: words } = messages;

export function conversation(state: SignedIn, actions: Actions): TemplateResult {
  const lines = state.lines.filter((line) => isShown(line, state.preferences.captions));
  return html`<section class="conversation" aria-labelledby="said">
    <h2 id="said">${words.title}</h2>
    ${transcript(lines, state.preferences.captions)} ${isOpen(state.talk) ? composer(state, actions) : nothing}
  </section>`;
}
