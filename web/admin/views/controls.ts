/** The pause, the blocks and temporary tiers. */
import { html, nothing, type TemplateResult } from "lit/html.js";

import { admin as words } from "../../site/messages/admin.en.ts";
import type { AdminActions } from "../actions.ts";
import type { Blocks, Ruling, Watching } from "../state.ts";
import { hash, orderFields, ordered, table, unread, until, type Cell } from "./parts.ts";

export function controls(state: Watching, actions: AdminActions): TemplateResult {
  const { blocks, busy } = state;
  return html`<section aria-labelledby="controls-title">
    <h2 id="controls-title">${words.controls.title}</h2>
    ${unread(blocks) ?? (blocks !== undefined && "value" in blocks ? inForce(blocks.value, busy, actions) : nothing)}
  </section>`;
}

function inForce(
  { paused, blocks, tiers }: Blocks,
  busy: boolean,
  actions: AdminActions,
): TemplateResult {
  return html`<div class="card">${paused === null ? pause(busy, actions) : resume(paused, busy, actions)}</div>
    <section class="card" aria-labelledby="blocks-title"><h3 id="blocks-title">${words.blocks.title}</h3>
      ${table(
        words.blocks.title,
        [words.blocks.who, words.blocks.by, words.blocks.reason, words.blocks.until, words.blocks.act],
        blocks.map((block) => blocked(block, busy, actions)),
      )}</section>
    ${
      tiers.length === 0
        ? nothing
        : html`<section class="card" aria-labelledby="tiers-title"><h3 id="tiers-title">${words.tiers.title}</h3>
        ${table(
          words.tiers.title,
          [words.blocks.who, words.tiers.tier, words.blocks.by, words.blocks.reason, words.blocks.until],
          tiers.map((tier) => [
            hash(tier.subject ?? ""),
            tier.tier ?? "",
            by(tier),
            html`<bdi>${tier.reason}</bdi>`,
            until(tier.until),
          ]),
        )}</section>`
    }`;
}

function pause(busy: boolean, actions: AdminActions): TemplateResult {
  return html`<p>${words.controls.open}</p>
    <form class="order" @submit=${(event: SubmitEvent) => actions.pause(ordered(event).order)}>
      ${orderFields("pause")}
      <button class="button" ?disabled=${busy}>${words.controls.pause}</button>
    </form>`;
}

function resume(paused: Ruling, busy: boolean, actions: AdminActions): TemplateResult {
  if (paused.by === "settings") return html`<p>${words.controls.pausedBySettings}</p>`;
  return html`<p>${words.controls.pausedBy(words.by[paused.by] ?? paused.by, until(paused.until))} <bdi class="soft">${paused.reason}</bdi></p>
    <p><button class="button main" ?disabled=${busy} @click=${() => actions.resume()}>${words.controls.resume}</button></p>`;
}

function blocked(block: Ruling, busy: boolean, actions: AdminActions): readonly Cell[] {
  const subject = block.subject ?? "";
  const of = words.blocks.of[block.of] ?? block.of;
  return [
    html`${of} ${hash(subject)}`,
    by(block),
    html`<bdi>${block.reason}</bdi>`,
    until(block.until),
    html`<button class="button" ?disabled=${busy} aria-label=${words.controls.unblockOf(of, subject)} @click=${() => actions.unblock(subject)}>${words.controls.unblock}</button>`,
  ];
}

function by(ruling: Ruling): Cell {
  return ruling.operator === null ? (words.by[ruling.by] ?? ruling.by) : hash(ruling.operator);
}
