/** The page for someone who is signed in: the stage and, next to it, the transcript. */
import { html, nothing, type TemplateResult } from "lit/html.js";

import { messages } from "../../site/messages/index.ts";
import { stage } from "../talk/stage.ts";
import { isOpen } from "../talk/talk-words.ts";
import { conversation } from "../transcript/conversation.ts";
import type { Actions } from "./actions.ts";
import { header } from "./header.ts";
import type { SignedIn } from "./state.ts";

export function signedIn(state: SignedIn, actions: Actions): TemplateResult {
  const talked = isOpen(state.talk) || state.lines.length > 0;
  return html`
    <a class="skip button" href="#main">${messages.page.skip}</a>
    ${header(state, actions)}
    <main id="main" class=${talked ? "talked" : "quiet"} tabindex="-1">
      ${stage(state, actions)} ${talked ? conversation(state, actions) : nothing}
    </main>
  `;
}
