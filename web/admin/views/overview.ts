/** A day at a glance: figures, charts, live sessions and the busiest users. */
import { html, nothing, type TemplateResult } from "lit/html.js";

import { count, modelName, timeOfDay } from "../../site/format.ts";
import { admin as words } from "../../site/messages/admin.en.ts";
import { say } from "../../site/notices.ts";
import { latency, refusals, refusedInAll, tokens, tokensInAll } from "../series.ts";
import type { Overview, Watching } from "../state.ts";
import { chart } from "./charts.ts";
import { cost } from "./cost.ts";
import { hash, table, unread } from "./parts.ts";

const LISTED = 10;

export function overview(state: Watching): TemplateResult {
  return html`<section aria-labelledby="figures-title">
    <h2 id="figures-title">${words.figures.title}</h2>
    ${unread(state.overview) ?? (state.overview !== undefined && "value" in state.overview ? day(state.overview.value, state) : nothing)}
  </section>`;
}

function day(told: Overview, state: Watching): TemplateResult {
  if (told.trailMissing) return html`${say(words.noTrail)} ${cost(told, state.narrow)}`;
  return html`<p class="soft small" role="status">${words.asOf(timeOfDay(told.serverTime))} ${told.cut ? words.cut(timeOfDay(told.since)) : nothing}</p>
    ${figures(told, state)}
    ${cost(told, state.narrow)}
    <div class="charts">
      ${chart("tokens", words.charts.tokens, tokens(told), state.narrow)}
      ${chart("refused", words.charts.refused, refusals(told), state.narrow)}
      ${chart("latency", words.charts.latency, latency(told), state.narrow)}
      ${busiest(told)}
    </div>
    ${live(told)}`;
}

function figures(told: Overview, { blocks }: Watching): TemplateResult {
  const known = blocks !== undefined && "value" in blocks ? blocks.value : undefined;
  const { p50Ms, p95Ms } = told.latency;
  const waited =
    p50Ms === null || p95Ms === null
      ? words.none
      : words.figures.ms(`${count(Math.round(p50Ms))} / ${count(Math.round(p95Ms))}`);
  return html`<dl class="glance figures">
    ${figure(words.figures.tokens, count(tokensInAll(told)))}
    ${figure(words.figures.refused, count(refusedInAll(told)))}
    ${figure(words.figures.live, count(told.live))}
    ${figure(words.figures.latency, waited)}
    ${known === undefined ? nothing : figure(words.figures.blocks, count(known.blocks.length))}
    ${known === undefined ? nothing : figure(words.figures.minting, known.paused === null ? words.figures.open : words.figures.paused)}
  </dl>`;
}

function figure(name: string, value: string): TemplateResult {
  return html`<div class="card"><dt class="soft small">${name}</dt><dd>${value}</dd></div>`;
}

function busiest({ busiest: users }: Overview): TemplateResult {
  const rows = users
    .slice(0, 8)
    .map(({ user, tokens: got, refused }) => [hash(user), count(got), count(refused)]);
  return html`<section class="card" aria-labelledby="busiest-title"><h3 id="busiest-title">${words.busiest.title}</h3>
    ${table(words.busiest.title, [words.live.user, words.busiest.tokens, words.busiest.refused], rows)}</section>`;
}

function live({ live: all, liveSessions }: Overview): TemplateResult {
  const listed = liveSessions.slice(0, LISTED);
  const rows = listed.map(({ user, model, tier, lastTokenAt, expiresAt }) => [
    hash(user),
    modelName(model),
    tier,
    timeOfDay(lastTokenAt),
    timeOfDay(expiresAt),
  ]);
  const { live: names } = words;
  return html`<section class="card" aria-labelledby="live-title"><h3 id="live-title">${names.title}</h3>
    ${table(names.title, [names.user, names.model, names.tier, names.since, names.until], rows)}
    ${listed.length < all ? html`<p class="soft small">${names.more(count(listed.length), count(all))}</p>` : nothing}</section>`;
}
