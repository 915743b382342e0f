/** The text box, with an attached image: chosen, pasted or dropped. */
import { html, nothing, type TemplateResult } from "lit/html.js";

import { icon } from "../../site/icons.ts";
import { around } from "../../site/isolated.ts";
import { messages } from "../../site/messages/index.ts";
import type { Actions } from "../shell/actions.ts";
import type { SignedIn } from "../shell/state.ts";

const { composer: words } = messages;

export function composer(state: SignedIn, actions: Actions): TemplateResult {
  return html`<form class="composer" @submit=${(event: SubmitEvent) => submit(event, actions)}>
    ${state.attached === undefined ? nothing : attached(state.attached, actions)}
    <label class="button quiet icon">
      ${icon("image")}<span class="unseen">${words.attach}</span>
      <input class="unseen" type="file" accept="image/*" @change=${(event: Event) => pick(event, actions)} />
    </label>
    <label class="unseen" for="words">${words.label}</label>
    <textarea
      id="words"
      class="input"
      dir="auto"
      name="words"
      rows="1"
      enterkeyhint="send"
      autocomplete="off"
      placeholder=${words.placeholder}
      @keydown=${sendOnEnter}
      @paste=${(event: ClipboardEvent) => paste(event, actions)}
    ></textarea>
    <button class="button main icon" aria-label=${words.send}>${icon("send")}</button>
  </form>`;
}

function attached({ url, name }: { url: string; name: string }, actions: Actions): TemplateResult {
  return html`<p class="attached">
    <img src=${url} alt="" width="44" height="44" /><span class="small">${around(words.attached, name)}</span>
    <button type="button" class="button quiet icon" aria-label=${words.remove} @click=${() => remove(actions)}>${icon("close", 16)}</button>
  </p>`;
}

function remove(actions: Actions): void {
  actions.draft.detach();
  document.getElementById("words")?.focus();
}

function submit(event: SubmitEvent, actions: Actions): void {
  event.preventDefault();
  if (!(event.currentTarget instanceof HTMLFormElement)) return;
  const text = new FormData(event.currentTarget).get("words");
  actions.draft.send(typeof text === "string" ? text.trim() : "");
  event.currentTarget.reset();
}

function sendOnEnter(event: KeyboardEvent): void {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  if (event.currentTarget instanceof HTMLTextAreaElement) event.currentTarget.form?.requestSubmit();
}

function pick(event: Event, actions: Actions): void {
  if (!(event.currentTarget instanceof HTMLInputElement)) return;
  const file = event.currentTarget.files?.[0];
  if (file !== undefined) actions.draft.attach(file, file.name);
  event.currentTarget.value = "";
}

function paste(event: ClipboardEvent, actions: Actions): void {
  const file = [...(event.clipboardData?.files ?? [])].find(({ type }) => type.startsWith("image/"));
  if (file === undefined) return;
  event.preventDefault();
  actions.draft.attach(file, file.name);
}
