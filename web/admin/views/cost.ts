/** The cost of today and of this month, against the budget, and the month by day. */
import { html, nothing, svg, type TemplateResult } from "lit/html.js";

import { dollars, share } from "../../site/format.ts";
import { admin as words } from "../../site/messages/admin.en.ts";
import { spending } from "../series.ts";
import type { Overview } from "../state.ts";
import { chart } from "./charts.ts";

const { cost: names } = words;
type Period = Overview["spending"]["today"];

export function cost(told: Overview, narrow: boolean): TemplateResult {
  const { today, month, unavailable } = told.spending;
  return html`<section aria-labelledby="cost-title">
    <h3 id="cost-title">${names.title}</h3>
    <div class="charts">
      <div class="card budgets">
        <p class="soft small">${names.more}</p>
        ${unavailable === null ? nothing : html`<p role="status">${names.unread}</p>`}
        ${period(names.today, today)}
        ${period(names.month, month)}
      </div>
      ${unavailable === null ? chart("cost", names.days, spending(told), narrow) : nothing}
    </div>
  </section>`;
}

function period(name: string, { spentUsd: spent, budgetUsd: budget }: Period): TemplateResult {
  const figure =
    spent === null
      ? names.unknown
      : budget === null
        ? dollars(spent)
        : names.of(dollars(spent), dollars(budget));
  return html`<dl class="budget figures">
    <dt>${name}</dt><dd>${figure}</dd>
    <dd class="soft small">${spent !== null && budget !== null ? bar(spent / budget) : nothing}${explained(spent, budget)}</dd>
  </dl>`;
}

/** The bar only repeats the text below it. */
function bar(used: number): TemplateResult {
  const level = used >= 1 ? "out" : used >= 0.9 ? "low" : "fine";
  return html`<svg class="level ${level}" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
    ${svg`<rect class="whole" width="100" height="4" /><rect class="used" width=${Math.min(used, 1) * 100} height="4" />`}
  </svg>`;
}

function explained(spent: number | null, budget: number | null): string {
  if (budget === null) return names.noBudget;
  if (spent === null) return names.unreadOf(dollars(budget));
  const used = share(spent / budget);
  return spent < budget ? names.used(used, dollars(budget - spent)) : names.usedUp(used);
}
