/** Shows what is left of a person's limits, before a talk. */
import { html, nothing, type TemplateResult } from "lit/html.js";

import { count, timeOfDay } from "../../site/format.ts";
import { messages } from "../../site/messages/index.ts";
import type { SignedIn } from "../shell/state.ts";
import { left, type Left } from "./limits.ts";

const { limitsLeft: words } = messages;

export function limitsLeft({ limits }: SignedIn): TemplateResult | typeof nothing {
  if (limits === undefined) return nothing;
  const shown = left(limits);
  if (shown.length === 0) return nothing;
  return html`<section class="limits" aria-labelledby="limits-title">
    <h2 id="limits-title" class="unseen">${words.title}</h2>
    ${shown.map(limit)}
  </section>`;
}

function limit({ name, limit: most, left: free, freeAt }: Left): TemplateResult {
  const few = most > 1 ? most * 0.15 : 0;
  return html`<div class="limit">
    <p id="limit-${name}">${words[name]}</p>
    <meter min="0" max=${most} low=${few} optimum=${most} .value=${free} aria-labelledby="limit-${name}"></meter>
    <p class="soft small figures">${freeAt === undefined ? words.of(count(free), count(most)) : words.noneUntil(timeOfDay(freeAt))}</p>
  </div>`;
}
