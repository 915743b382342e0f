/** Controls for choosing: a list, a slider, switches. Anything unavailable says why. */
import { html, nothing, type TemplateResult } from "lit/html.js";

import type { Choice } from "./choices.ts";

export interface ListOptions {
  readonly name: string;
  readonly label: string;
  readonly choices: readonly Choice[];
  /** The first entry, for no choice. */
  readonly none?: string | undefined;
  readonly hint?: string | undefined;
  readonly disabled?: boolean;
  readonly chosen: (value: string | undefined) => void;
}

export function list({
  name,
  label,
  choices,
  none,
  hint,
  disabled = false,
  chosen,
}: ListOptions): TemplateResult {
  const pick = (event: Event): void => {
    if (event.currentTarget instanceof HTMLSelectElement) chosen(event.currentTarget.value || undefined);
  };
  return html`<div class="field">
    <label for=${name}>${label}</label>
    <select class="input" id=${name} ?disabled=${disabled} aria-describedby=${hint === undefined ? nothing : `${name}-hint`} @change=${pick}>
      ${none === undefined ? nothing : html`<option value="" ?selected=${!choices.some((choice) => choice.chosen)}>${none}</option>`}
      ${choices.map(
        ({ value, label: text, chosen: isChosen, impossible }) =>
          html`<option dir="auto" value=${value} ?selected=${isChosen && impossible === undefined} ?disabled=${impossible !== undefined}>${text}${impossible === undefined ? nothing : ` · ${impossible}`}</option>`,
      )}
    </select>
    ${hint === undefined ? nothing : html`<p class="hint" id="${name}-hint">${hint}</p>`}
  </div>`;
}

export interface SwitchOptions {
  readonly name: string;
  readonly label: string;
  readonly hint?: string | undefined;
  readonly on: boolean;
  readonly impossible?: string | undefined;
  readonly turned: (on: boolean) => void;
}

export function checkbox({ name, label, hint, on, impossible, turned }: SwitchOptions): TemplateResult {
  const turn = (event: Event): void => {
    if (event.currentTarget instanceof HTMLInputElement) turned(event.currentTarget.checked);
  };
  const told = impossible ?? hint;
  return html`<label class="choice">
    <input type="checkbox" name=${name} .checked=${on && impossible === undefined} ?disabled=${impossible !== undefined} @change=${turn} />
    <span>${label}${told === undefined ? nothing : html`<span class="hint">${told}</span>`}</span>
  </label>`;
}

export interface RadioOption {
  readonly value: string;
  readonly label: string;
  readonly hint?: string;
}

export function radios(
  name: string,
  label: string,
  options: readonly RadioOption[],
  value: string,
  chosen: (value: string) => void,
): TemplateResult {
  return html`<fieldset class="field">
    <legend class="label">${label}</legend>
    ${options.map(
      (option) => html`<label class="choice">
        <input type="radio" name=${name} value=${option.value} .checked=${option.value === value} @change=${() => chosen(option.value)} />
        <span>${option.label}${option.hint === undefined ? nothing : html`<span class="hint">${option.hint}</span>`}</span>
      </label>`,
    )}
  </fieldset>`;
}

export interface SliderOptions {
  readonly name: string;
  readonly label: string;
  readonly unset: string;
  readonly hint: string;
  readonly value: number | undefined;
  readonly start: number;
  readonly most: number;
  readonly step: number;
  readonly shown: (value: number) => string;
  readonly chosen: (value: number | undefined) => void;
}

/** A number, or Gemini's choice while the check box is ticked. */
export function slider({
  name,
  label,
  unset,
  hint,
  value,
  start,
  most,
  step,
  shown,
  chosen,
}: SliderOptions): TemplateResult {
  const slide = (event: Event): void => {
    if (event.currentTarget instanceof HTMLInputElement) chosen(event.currentTarget.valueAsNumber);
  };
  return html`<fieldset class="field">
    <legend class="label" id="${name}-label">${label}${value === undefined ? nothing : html` <output class="soft figures">${shown(value)}</output>`}</legend>
    <p class="hint" id="${name}-hint">${hint}</p>
    ${checkbox({ name: `${name}-unset`, label: unset, on: value === undefined, turned: (on) => chosen(on ? undefined : start) })}
    ${
      value === undefined
        ? nothing
        : html`<input id=${name} type="range" min="0" max=${most} step=${step} .value=${String(value)} aria-labelledby="${name}-label" aria-describedby="${name}-hint" @input=${slide} />`
    }
  </fieldset>`;
}
