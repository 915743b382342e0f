/** The drawer for developers: state, timings, pass and events. Never a token. */
import { html, nothing, type TemplateResult } from "lit/html.js";
import { repeat } from "lit/directives/repeat.js";

import { count, duration } from "../../site/format.ts";
import { icon } from "../../site/icons.ts";
import { messages } from "../../site/messages/index.ts";
import type { Actions } from "../shell/actions.ts";
import type { DrawerState, Latency, Pass, SignedIn } from "../shell/state.ts";

const { drawer: words, page } = messages;

export function drawer(state: SignedIn, actions: Actions): TemplateResult | typeof nothing {
  if (state.drawer === undefined) return nothing;
  return html`<aside class="drawer" aria-labelledby="drawer-title">
    <header>
      <h2 id="drawer-title">${words.title}</h2>
      <button class="button quiet icon" aria-label=${page.close} @click=${() => closeDrawer(actions)}>${icon("close")}</button>
    </header>
    <section aria-labelledby="drawer-state">
      <h3 id="drawer-state">${words.state}</h3>
      <pre tabindex="0" aria-labelledby="drawer-state">${JSON.stringify(state.talk, undefined, 1)}</pre>
    </section>
    <section aria-labelledby="drawer-pass"><h3 id="drawer-pass">${words.pass}</h3>${pass(state.pass, state.serverNowMs)}</section>
    <section aria-labelledby="drawer-times"><h3 id="drawer-times">${words.latencies}</h3>${times(state.drawer.latencies)}</section>
    <section aria-labelledby="drawer-events">
      <h3 id="drawer-events">${words.events}</h3>
      ${events(state.drawer)}
      <button class="button" @click=${() => actions.journal.clear()}>${words.clear}</button>
    </section>
  </aside>`;
}

/** Return the focus to where the drawer was opened. */
function closeDrawer(actions: Actions): void {
  void actions.panels.toggleDrawer();
  const opener = document.querySelector("[popovertarget=menu]");
  if (opener instanceof HTMLElement) opener.focus();
}

function pass(held: Pass | undefined, nowMs: number): TemplateResult {
  if (held === undefined) return html`<p class="soft">${words.noPass}</p>`;
  const { id, refreshesRemaining } = held.session;
  return html`<dl class="pairs small">
    <dt>${words.passExpires}</dt><dd class="figures">${duration((held.expiresAtMs - nowMs) / 1000)}</dd>
    <dt>${words.passSession}</dt><dd><code>${id}</code></dd>
    <dt>${words.refreshes}</dt><dd>${refreshesRemaining ?? words.unlimited}</dd>
  </dl>`;
}

function times(latencies: readonly Latency[]): TemplateResult {
  if (latencies.length === 0) return html`<p class="soft">${words.noLatencies}</p>`;
  const { columns } = words;
  return html`<table class="small figures">
    <thead><tr><th scope="col">${columns.name}</th><th scope="col">${columns.last}</th><th scope="col">${columns.p50}</th><th scope="col">${columns.p95}</th></tr></thead>
    <tbody>${latencies.map(
      ({ name, lastMs, p50Ms, p95Ms }) =>
        html`<tr><th scope="row">${name}</th><td>${whole(lastMs)}</td><td>${whole(p50Ms)}</td><td>${whole(p95Ms)}</td></tr>`,
    )}</tbody>
  </table>`;
}

function whole(ms: number): string {
  return count(Math.round(ms));
}

function events({ events: all }: DrawerState): TemplateResult {
  if (all.length === 0) return html`<p class="soft">${words.noEvents}</p>`;
  return html`<ol class="events" tabindex="0" aria-labelledby="drawer-events" reversed>
    ${repeat(
      all.toReversed(),
      ({ id }) => id,
      ({ atMs, what, detail }) =>
        html`<li><time>${new Date(atMs).toISOString().slice(11, 23)}</time> <strong>${what}</strong> <bdi>${detail}</bdi></li>`,
    )}
  </ol>`;
}
