/** What went wrong, in words: what it is, and what to do about it. */
import { html, nothing, type TemplateResult } from "lit/html.js";

import { icon } from "./icons.ts";
import { messages, type Told } from "./messages/index.ts";
import { tell, tellLimit } from "./messages/told.ts";

export function sayFailure(
  code: string,
  violated: readonly string[] = [],
  dismiss?: () => void,
): TemplateResult {
  return say(toldOf(code, violated), "bad", dismiss);
}

export function toldOf(code: string, violated: readonly string[]): Told {
  return code === "quota-exceeded" ? tellLimit(violated) : tell(code);
}

export function say(told: Told, tone: "bad" | "good" = "bad", dismiss?: () => void): TemplateResult {
  return html`<div class="notice ${tone}" role="alert">
    ${icon(tone === "bad" ? "warning" : "done")}
    <div><strong>${told.title}</strong> <span class="more">${told.more}</span></div>
    ${
      dismiss === undefined
        ? nothing
        : html`<button class="button quiet icon" @click=${dismiss} aria-label=${messages.settings.close}>${icon("close", 16)}</button>`
    }
  </div>`;
}
