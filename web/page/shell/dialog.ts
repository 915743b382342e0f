/**
 * A modal dialog. It opens when it is drawn, closes with Escape, its button or a tap outside it, and
 * returns the focus.
 */
import { html, type TemplateResult } from "lit/html.js";
import { ref } from "lit/directives/ref.js";

import { icon } from "../../site/icons.ts";
import { messages } from "../../site/messages/index.ts";

export function dialog(
  name: string,
  title: string,
  content: TemplateResult,
  closed: () => void,
): TemplateResult {
  return html`<dialog
    id=${name}
    aria-labelledby="${name}-title"
    ${ref(open)}
    @close=${closed}
    @click=${(event: MouseEvent) => (event.target === event.currentTarget ? close(event) : undefined)}
  >
    <div class="sheet">
      <header>
        <h2 id="${name}-title">${title}</h2>
        <button type="button" class="button quiet icon" aria-label=${messages.page.close} @click=${close}>${icon("close")}</button>
      </header>
      ${content}
    </div>
  </dialog>`;
}

function open(element: Element | undefined): void {
  if (element instanceof HTMLDialogElement && !element.open) {
    // Lit creates the parts of a template before the whole is in the page.
    queueMicrotask(() => element.isConnected && !element.open && element.showModal());
  }
}

function close(event: Event): void {
  if (event.currentTarget instanceof Element) event.currentTarget.closest("dialog")?.close();
}
