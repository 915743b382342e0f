/** The view before anyone is signed in, for both pages. */
import { html, nothing, type TemplateResult } from "lit/html.js";

import { shellMessages } from "./messages/shell.ts";
import { say } from "./notices.ts";
import type { Shell, ShellState } from "./shell.ts";
import { waysIn } from "./sign-in/ways-in.ts";

const { page } = shellMessages;

/** The words that differ between the pages. */
export interface ShellWords {
  readonly title: string;
  readonly lead: string;
  readonly loading: string;
  /** The page's own address, relative to itself. */
  readonly home: string;
  /** Why the page offers nothing inside another page. */
  readonly framed?: string;
}

export function shellView(state: ShellState, shell: Shell, words: ShellWords): TemplateResult {
  switch (state.name) {
    case "loading":
      return alone(html`${opening(words)}<p class="soft small" role="status">${words.loading}</p>`);
    case "framed":
      return alone(html`<h1>${page.framed.title}</h1>${words.framed === undefined ? nothing : html`<p>${words.framed}</p>`}
        <p><a class="button main" href=${words.home} target="_blank" rel="noopener">${page.framed.open}</a></p>`);
    case "broken":
      return alone(html`<h1>${page.broken.title}</h1>${say(state.told)}
        <p><button class="button main" @click=${() => shell.reload()}>${page.broken.retry}</button></p>`);
    case "signed-out":
      return alone(html`${opening(words)}${waysIn(state, shell)}`);
    default:
      return state satisfies never;
  }
}

/** The same as in index.html and admin.html, which show it before any script has run. */
export function opening({ title, lead }: ShellWords): TemplateResult {
  return html`<img class="emblem" src="./favicon.svg" alt="" width="64" height="64" />
    <h1>${title}</h1>
    <p class="lead soft">${lead}</p>`;
}

export function alone(content: TemplateResult): TemplateResult {
  return html`<main class="alone" id="main">${content}</main>`;
}
