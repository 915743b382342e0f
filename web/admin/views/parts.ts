/** Shared parts of the admin dashboard: tables, hashes that link to their user, and forms. */
import { html, type TemplateResult } from "lit/html.js";

import { admin as words } from "../../site/messages/admin.en.ts";
import { messages } from "../../site/messages/index.ts";
import { tell } from "../../site/messages/told.ts";
import { say } from "../../site/notices.ts";
import { HASH, type Order, type Read } from "../state.ts";

const moment = new Intl.DateTimeFormat(messages.lang, {
  month: "short",
  day: "numeric",
  hour: "numeric",
  minute: "2-digit",
});

export type Cell = TemplateResult | string;

/** What to show while loading, or after a refusal; undefined once loaded. */
export function unread(read: Read<unknown>): TemplateResult | undefined {
  if (read === undefined) return html`<p class="soft" role="status">${words.loading}</p>`;
  return "code" in read ? say(tell(read.code)) : undefined;
}

export function table(
  name: string,
  heads: readonly string[],
  rows: readonly (readonly Cell[])[],
): TemplateResult {
  if (rows.length === 0) return html`<p class="soft">${words.none}.</p>`;
  return html`<div class="scroll" tabindex="0" role="region" aria-label=${words.tableOf(name)}><table class="figures">
    <thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead>
    <tbody>${rows.map((cells) => html`<tr>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>`)}</tbody>
  </table></div>`;
}

/** A hash, shortened; a user's links to the user. */
export function hash(value: string): TemplateResult {
  if (!HASH.test(value)) return html`<code>${value}</code>`;
  return html`<a class="hash" href="#user-${value}"><code>${value.slice(0, 8)}<span class="unseen">${value.slice(8)}</span></code></a>`;
}

/** Fields for a duration and a reason; `id` is unique on the page. */
export function orderFields(id: string): TemplateResult {
  return html`<div class="field"><label for="${id}-minutes">${words.controls.minutes}</label>
      <select class="input" id="${id}-minutes" name="minutes">${Object.entries(words.controls.times).map(([minutes, told]) => html`<option value=${minutes}>${told}</option>`)}</select></div>
    <div class="field grow"><label for="${id}-reason">${words.controls.reason}</label>
      <input class="input" dir="auto" id="${id}-reason" name="reason" required maxlength="200" autocomplete="off" title=${words.controls.reasonHint} /></div>`;
}

/** The values of a submitted form: the duration, the reason and any other field. */
export function ordered(event: SubmitEvent): { readonly order: Order; field(name: string): string } {
  event.preventDefault();
  const form = event.currentTarget instanceof HTMLFormElement ? event.currentTarget : undefined;
  const data = new FormData(form);
  const field = (name: string): string => {
    const value = data.get(name);
    return typeof value === "string" ? value.trim() : "";
  };
  form?.reset();
  return { order: { minutes: Number(field("minutes")), reason: field("reason") }, field };
}

/** A time that may be on another day. */
export function until(time: string): string {
  return moment.format(new Date(time));
}
