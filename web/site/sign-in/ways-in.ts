/** The sign-in methods that the deployment offers. */
import { html, nothing, type TemplateResult } from "lit/html.js";

import { shellMessages } from "../messages/shell.ts";
import { around } from "../isolated.ts";
import { say } from "../notices.ts";
import type { Shell, SignedOut } from "../shell.ts";
import type { Entry } from "./sign-in.ts";

const { signIn: words } = shellMessages;

/** What someone who is not signed in can do. */
type SigningIn = Pick<Shell, "signIn" | "forgot">;

export function waysIn(state: SignedOut, shell: SigningIn): TemplateResult {
  return html`
    <div class="ways" aria-busy=${state.busy}>
      ${state.failure === undefined ? nothing : say(typeof state.failure === "string" ? words.failed[state.failure] : state.failure)}
      ${state.sent ? say(words.sent, "good") : nothing}
      ${state.ways.map((way, index) => html`${index === 0 ? nothing : html`<p class="or soft small">${words.or}</p>`}${offered(way, state, shell)}`)}
    </div>
    <p class="soft small" role="status">${state.busy ? words.busy : nothing}</p>
  `;
}

function offered(way: Entry["way"], state: SignedOut, shell: SigningIn): TemplateResult {
  const button = (label: string | TemplateResult, entry: Entry): TemplateResult =>
    html`<button class="button" ?disabled=${state.busy} @click=${() => shell.signIn(entry)}>${label}</button>`;
  switch (way) {
    case "name":
      return nameForm(state, shell);
    case "email":
      return emailForm(state, shell);
    case "google":
      return button(words.google, { way });
    case "anonymous":
      return button(words.anonymous, { way });
    case "provider":
      return button(around(words.provider, state.providerName), { way });
    default:
      return way satisfies never;
  }
}

function nameForm(state: SignedOut, shell: SigningIn): TemplateResult {
  const enter = (event: SubmitEvent): void => {
    shell.signIn({ way: "name", name: fields(event)("name").trim() });
  };
  return html`<form @submit=${enter}>
    <div class="field">
      <label for="name">${words.name}</label>
      <input class="input" id="name" name="name" required maxlength="64" pattern="[A-Za-z0-9._\\-]+" autocomplete="username" autocapitalize="none" spellcheck="false" title=${words.nameHint} aria-describedby="name-hint" />
      <p class="hint" id="name-hint">${words.nameHint}</p>
    </div>
    <button class="button main" ?disabled=${state.busy}>${words.enter}</button>
  </form>`;
}

function emailForm(state: SignedOut, shell: SigningIn): TemplateResult {
  const enter = (event: SubmitEvent): void => {
    const field = fields(event);
    const fresh = event.submitter?.getAttribute("value") === "fresh";
    shell.signIn({ way: "email", email: field("email").trim(), password: field("password"), fresh });
  };
  return html`<form @submit=${enter}>
    <div class="field">
      <label for="email">${words.email}</label>
      <input class="input" id="email" name="email" type="email" required autocomplete="email" />
    </div>
    <div class="field">
      <label for="password">${words.password}</label>
      <input class="input" id="password" name="password" type="password" required autocomplete="current-password" />
    </div>
    <button class="button main" ?disabled=${state.busy}>${words.emailEnter}</button>
    <div class="others">
      <button class="button quiet" value="fresh" ?disabled=${state.busy}>${words.emailFresh}</button>
      <button type="button" class="button quiet" ?disabled=${state.busy} @click=${(event: Event) => forgot(event, shell)}>${words.forgot}</button>
    </div>
  </form>`;
}

/** Needs only the email field of the form. */
function forgot(event: Event, shell: SigningIn): void {
  const email =
    event.currentTarget instanceof HTMLButtonElement
      ? event.currentTarget.form?.elements.namedItem("email")
      : undefined;
  if (email instanceof HTMLInputElement && email.reportValidity()) void shell.forgot(email.value.trim());
}

function fields(event: SubmitEvent): (name: string) => string {
  event.preventDefault();
  const data = new FormData(
    event.currentTarget instanceof HTMLFormElement ? event.currentTarget : undefined,
  );
  return (name) => {
    const value = data.get(name);
    return typeof value === "string" ? value : "";
  };
}
