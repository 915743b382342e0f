/**
 * The transcript. A line that still grows is hidden from screen readers; when it is complete it is drawn
 * anew, and read once.
 */
import { html, nothing, type TemplateResult } from "lit/html.js";
import { guard } from "lit/directives/guard.js";
import { repeat } from "lit/directives/repeat.js";

import type { TranscriptEntry } from "../../client/index.ts";
import { toolName } from "../../site/format.ts";
import { icon } from "../../site/icons.ts";
import { messages } from "../../site/messages/index.ts";
import { listed } from "../../site/isolated.ts";
import type { Line } from "./lines.ts";

const { transcript: words } = messages;

export function transcript(lines: readonly Line[], captions: boolean): TemplateResult {
  return html`<div class="log" role="log" aria-labelledby="said" tabindex="0">
    ${captions ? nothing : html`<p class="soft small">${words.captionsOff}</p>`}
    ${lines.length === 0 && captions ? html`<p class="soft">${words.empty}</p>` : nothing}
    ${repeat(lines, keyOf, (shown) => guard([shown], () => line(shown)))}
  </div>`;
}

function keyOf(shown: Line): string {
  return shown.kind === "said" && !shown.entry.final ? `${shown.key}-growing` : shown.key;
}

function line(shown: Line): TemplateResult {
  switch (shown.kind) {
    case "said":
      return saidLine(shown.entry);
    case "tool":
      return toolLine(shown);
    case "sources":
      return sourcesLine(shown);
    case "note":
      return html`<p class="line note soft small">${words.notes[shown.note]}</p>`;
    default:
      return shown satisfies never;
  }
}

function saidLine(entry: TranscriptEntry): TemplateResult {
  const text = entry.kind === "image" ? html`${icon("image", 16)} ${words.image}` : entry.text;
  return html`<div class="line ${entry.who}${entry.final ? "" : " growing"}" aria-hidden=${entry.final ? nothing : "true"}>
    <p class="who">${entry.who === "user" ? words.you : words.gemini}${entry.kind === "text" && entry.who === "user" ? html` <span class="soft">${words.typed}</span>` : nothing}</p>
    <p class="words" dir="auto">${text}${entry.interrupted ? html` <span class="cut" dir=${messages.dir}>${words.interrupted}</span>` : nothing}</p>
  </div>`;
}

function toolLine(call: Extract<Line, { kind: "tool" }>): TemplateResult {
  const status = {
    running: words.toolRunning,
    done: words.toolDone,
    failed: words.toolFailed,
    cancelled: words.toolCancelled,
  };
  return html`<div class="line aside ${call.status}">
    <p>${icon("tool", 16)} ${toolName(call.name) ?? html`<bdi>${call.name.replaceAll("_", " ")}</bdi>`} <span class="soft">${listed(Object.values(call.args).map(String))}</span> <span class="cut">${status[call.status]}</span></p>
  </div>`;
}

function sourcesLine({ sources, queries }: Extract<Line, { kind: "sources" }>): TemplateResult {
  return html`<div class="line aside">
    <p>${icon("search", 16)} ${words.sources} <span class="soft">${listed(queries)}</span></p>
    <ul>${sources.map(({ uri, title }) => html`<li><a href=${uri} target="_blank" rel="noopener noreferrer"><bdi>${title || uri}</bdi></a></li>`)}</ul>
  </div>`;
}
