/**
 * Puts words that are not the page's into its sentences. They may run the other way, and would reorder
 * what is around them (Unicode Standard Annex 9, 2.4.2; html.spec.whatwg.org, the bdi element).
 */
import { html, type TemplateResult } from "lit/html.js";

/** A sentence around a name. */
export function around(sentence: (name: string) => string, name: string): TemplateResult {
  const [before, after] = sentence("\n").split("\n");
  return html`${before}<bdi>${name}</bdi>${after}`;
}

/** A list of things, each for itself. */
export function listed(things: readonly unknown[]): readonly TemplateResult[] {
  return things.map((thing, index) => html`${index === 0 ? "" : ", "}<bdi>${thing}</bdi>`);
}
