/** What a talk is worth knowing of, while it is on: its time, its pass, its cost. */
import { html, nothing, type TemplateResult } from "lit/html.js";

import { messages } from "../../site/messages/index.ts";
import { dollars, duration } from "../../site/format.ts";
import type { SignedIn } from "../shell/state.ts";

const { talk: words } = messages;

export function facts(state: SignedIn): TemplateResult | typeof nothing {
  if (state.liveSinceMs === undefined) return nothing;
  const lasted = Math.floor((state.nowMs - state.liveSinceMs) / 1000);
  return html`<dl class="facts figures">
    <div><dt>${words.time}</dt><dd>${duration(lasted)}</dd></div>
    ${state.pass === undefined ? nothing : pass(state.pass.expiresAtMs - state.serverNowMs)}
    <div title=${words.costHint}><dt>${words.cost}</dt><dd>${dollars(state.cost)}</dd></div>
  </dl>`;
}

function pass(leftMs: number): TemplateResult {
  return html`<div title=${words.passHint}><dt>${words.pass}</dt><dd>${words.passLeft(duration(leftMs / 1000))}</dd></div>`;
}
