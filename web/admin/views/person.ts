/** One user, by hash: their usage, their sessions, and what an admin can do about them. */
import { html, nothing, type TemplateResult } from "lit/html.js";

import { count, dollars, modelName, timeOfDay } from "../../site/format.ts";
import { admin as words } from "../../site/messages/admin.en.ts";
import type { AdminActions } from "../actions.ts";
import type { User, Watching } from "../state.ts";
import { orderFields, ordered, table, unread, until } from "./parts.ts";

const { user: names } = words;

export function person(state: Watching, actions: AdminActions): TemplateResult {
  const search = (event: SubmitEvent): void => {
    event.preventDefault();
    const data = new FormData(
      event.currentTarget instanceof HTMLFormElement ? event.currentTarget : undefined,
    );
    const hash = data.get("hash");
    if (typeof hash !== "string") return;
    location.hash = `user-${hash.trim()}`;
  };
  return html`<section aria-labelledby="search-title">
    <h2 id="search-title">${words.search.title}</h2>
    <form class="order" @submit=${search}>
      <div class="field grow"><label for="hash">${words.search.label}</label>
        <input class="input" id="hash" name="hash" required pattern="[0-9a-f]{40}" minlength="40" maxlength="40" autocomplete="off" autocapitalize="none" spellcheck="false" title=${words.search.hint} aria-describedby="hash-hint" />
        <p class="hint" id="hash-hint">${words.search.hint}</p></div>
      <button class="button">${words.search.find}</button>
    </form>
    ${state.found === undefined ? nothing : found(state, state.found, actions)}
  </section>`;
}

function found(
  state: Watching,
  { hash, user }: NonNullable<Watching["found"]>,
  actions: AdminActions,
): TemplateResult {
  return html`<section class="card" aria-labelledby="user-title" id="user" tabindex="-1">
    <h3 id="user-title"><span>${names.title(hash)}</span></h3>
    ${unread(user) ?? (user !== undefined && "value" in user ? told(hash, user.value, state, actions) : nothing)}
    <p><button class="button quiet" @click=${() => actions.closeUser()}>${names.close}</button></p>
  </section>`;
}

function told(
  hash: string,
  { usage, sessions, spentUsd, block, tier }: User,
  state: Watching,
  actions: AdminActions,
): TemplateResult {
  const rows = sessions.map((session) => [
    session.state,
    modelName(session.model),
    timeOfDay(session.startedAt),
    timeOfDay(session.expiresAt),
    count(session.tokens),
  ]);
  return html`<dl class="glance figures">
      <div><dt class="soft small">${names.tier}</dt><dd>${usage.tier}</dd></div>
      <div><dt class="soft small">${names.hour}</dt><dd>${window(usage.hour)}</dd></div>
      <div><dt class="soft small">${names.day}</dt><dd>${window(usage.day)}</dd></div>
      <div><dt class="soft small">${names.live}</dt><dd>${count(usage.sessions.active)}</dd></div>
      <div><dt class="soft small">${names.spent}</dt><dd>${dollars(spentUsd)}</dd></div>
    </dl>
    ${table(names.sessions, [names.state, words.live.model, names.started, words.live.until, names.tokens], rows)}
    ${
      block === null
        ? blocking(hash, state, actions)
        : html`<p>${names.blockedUntil(until(block.until))} <bdi class="soft">${block.reason}</bdi></p>
      <p><button class="button" ?disabled=${state.busy} @click=${() => actions.unblock(hash)}>${words.controls.unblock}</button></p>`
    }
    ${
      tier === null
        ? tiering(hash, state, actions)
        : html`<p>${names.tierUntil(tier.tier ?? "", until(tier.until))} <bdi class="soft">${tier.reason}</bdi></p>
      <p><button class="button" ?disabled=${state.busy} @click=${() => actions.resetTier(hash)}>${words.controls.resetTier}</button></p>`
    }`;
}

function blocking(hash: string, state: Watching, actions: AdminActions): TemplateResult {
  return html`<form class="order" @submit=${(event: SubmitEvent) => actions.block(hash, ordered(event).order)}>
    ${orderFields("block")}<button class="button" ?disabled=${state.busy}>${words.controls.block}</button></form>`;
}

function tiering(hash: string, state: Watching, actions: AdminActions): TemplateResult {
  const known =
    state.blocks !== undefined && "value" in state.blocks ? state.blocks.value.knownTiers : [];
  const change = (event: SubmitEvent): void => {
    const { order, field } = ordered(event);
    void actions.setTier(hash, field("tier"), order);
  };
  return html`<form class="order" @submit=${change}>
    <div class="field"><label for="tier">${names.tier}</label><select class="input" id="tier" name="tier">${known.map((tier) => html`<option>${tier}</option>`)}</select></div>
    ${orderFields("tier")}<button class="button" ?disabled=${state.busy || known.length === 0}>${words.controls.setTier}</button></form>`;
}

function window({ used, limit }: User["usage"]["hour"]): string {
  return limit === null ? count(used) : names.of(count(used), count(limit));
}
