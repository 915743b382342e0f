/** The newest lines of the audit trail, all or of one kind. */
import { html, nothing, type TemplateResult } from "lit/html.js";

import { admin as words } from "../../site/messages/admin.en.ts";
import { say } from "../../site/notices.ts";
import type { AdminActions } from "../actions.ts";
import { reasonName } from "../series.ts";
import type { Audit, Watching } from "../state.ts";
import { hash, table, unread, until } from "./parts.ts";

const { audit: names } = words;
const EVENTS = [
  "TOKEN_CREATED",
  "TOKEN_REFRESHED",
  "TOKEN_REFUSED",
  "SESSION_ENDED",
  "ABUSE_BLOCKED",
  "BUDGET_WARNED",
  "ADMIN_CHANGED",
  "ADMIN_READ",
  "REQUEST_REFUSED",
  "UPSTREAM_FAILED",
  "STORE_FAILED",
  "INTERNAL_ERROR",
];
const LISTED = 25;

export function auditTrail({ audit }: Watching, actions: AdminActions): TemplateResult {
  const choose = (event: Event): void => {
    if (event.currentTarget instanceof HTMLSelectElement)
      void actions.readAudit(event.currentTarget.value);
  };
  return html`<section aria-labelledby="audit-title">
    <h2 id="audit-title">${names.title}</h2>
    <p class="soft small">${names.unread}</p>
    <div class="order"><div class="field"><label for="event">${names.filter}</label>
      <select class="input" id="event" @change=${choose}><option value="">${names.all}</option>${EVENTS.map((event) => html`<option>${event}</option>`)}</select></div></div>
    ${unread(audit) ?? (audit !== undefined && "value" in audit ? html`<div class="card">${lines(audit.value)}</div>` : nothing)}
  </section>`;
}

function lines({ entries, trailMissing }: Audit): TemplateResult {
  if (trailMissing) return say(words.noTrail);
  const rows = entries
    .slice(0, LISTED)
    .map((entry) => [
      until(entry.at),
      html`<code>${entry.event}</code>`,
      entry.user === null ? "" : hash(entry.user),
      entry.violated.map(reasonName).join(", ") ||
        (entry.code === null ? String(entry.status ?? "") : reasonName(entry.code)),
      html`${entry.change ?? nothing} ${entry.subject === null ? nothing : hash(entry.subject)} <bdi>${entry.reason ?? nothing}</bdi>`,
    ]);
  return table(names.title, [names.when, names.event, names.user, names.outcome, names.about], rows);
}
