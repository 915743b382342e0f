/** Notices: what happened, and what to do about it. */
import { html, nothing, type TemplateResult } from "lit/html.js";

import { icon } from "./icons.ts";
import type { Told } from "./messages/refusals.en.ts";
import { shellMessages } from "./messages/shell.ts";

export function say(told: Told, tone: "bad" | "good" = "bad", dismiss?: () => void): TemplateResult {
  return html`<div class="notice ${tone}" role="alert">
    ${icon(tone === "bad" ? "warning" : "done")}
    <div><strong>${told.title}</strong> <span class="more">${told.more}</span></div>
    ${
      dismiss === undefined
        ? nothing
        : html`<button class="button quiet icon" @click=${dismiss} aria-label=${shellMessages.page.close}>${icon("close", 16)}</button>`
    }
  </div>`;
}
