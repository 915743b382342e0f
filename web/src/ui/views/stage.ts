/** The talk button and everything around it. */
import { html, nothing, type TemplateResult } from "lit/html.js";

import type { TalkState } from "../../live/index.ts";
import { messages } from "../../messages/index.ts";
import type { Actions } from "../actions.ts";
import { duration } from "../format.ts";
import { icon } from "../icons.ts";
import { next, type Next } from "../limits.ts";
import type { SignedIn } from "../state.ts";
import { controls } from "./controls.ts";
import { facts } from "./facts.ts";
import { limitsLeft } from "./limits-left.ts";
import { sayFailure } from "./notices.ts";
import { preview } from "./preview.ts";
import { isOn, isOpen, status } from "./talk-words.ts";
import "../orb.ts";

const { talk: words, page, limitsLeft: limitWords } = messages;

export function stage(state: SignedIn, actions: Actions): TemplateResult {
  const on = isOn(state.talk);
  const when: Next = state.limits === undefined ? { kind: "now" } : next(state.limits, state.serverNowMs);
  const waits = state.talk.name === "idle" && when.kind !== "now";
  return html`<section class="stage" aria-labelledby="title">
    <h1 id="title" class=${on ? "unseen" : ""}>${page.title}</h1>
    <div class="orb">
      <voice-orb ?active=${isOpen(state.talk)} ?waiting=${on && !isOpen(state.talk)}></voice-orb>
      ${talkButton(state.talk, when, actions)}
    </div>
    <div class="sayings">
      <p class="status" role="status">${waits ? whyNot(when) : status(state.talk)}</p>
      ${on ? nothing : html`<p id="start-hint" class="soft small figures">${startHint(when)}</p>`}
    </div>
    ${isOpen(state.talk) ? meters() : nothing} ${controls(state, actions)} ${notices(state, actions)}
    ${preview(state)} ${on ? facts(state) : limitsLeft(state)}
  </section>`;
}

/**
 * One button for all of a talk, so that it keeps the focus. It can be focused while a limit holds,
 * so that a keyboard or a screen reader finds out why.
 */
function talkButton(talk: TalkState, when: Next, actions: Actions): TemplateResult {
  const on = isOn(talk);
  const waits = !on && when.kind !== "now";
  const press = (): void => {
    if (on) actions.stop();
    else if (!waits) actions.start();
  };
  return html`<button
    class="talk-button ${on ? "on" : ""}"
    aria-disabled=${waits}
    aria-describedby=${on ? nothing : "start-hint"}
    @click=${press}
  >
    ${!on && when.kind === "wait" ? html`<span class="countdown figures" aria-hidden="true">${duration(when.seconds)}</span>` : icon(on ? "stop" : "microphone", 40)}
    <span>${label(talk)}</span>
  </button>`;
}

function label(talk: TalkState): TemplateResult | string {
  if (!isOn(talk)) return words.start;
  return isOpen(talk) ? html`${words.stop}<span class="unseen"> ${words.stopRest}</span>` : words.cancel;
}

function whyNot(when: Exclude<Next, { kind: "now" }>): string {
  return when.kind === "wait" ? messages.limits[when.why].title : messages.limits.sessions.title;
}

function startHint(when: Next): string {
  switch (when.kind) {
    case "now":
      return words.startHint;
    case "wait":
      return limitWords.startIn(duration(when.seconds));
    case "full":
      return messages.limits.sessions.more;
    default:
      return when satisfies never;
  }
}

function meters(): TemplateResult {
  return html`<div class="meters small soft">
    <label>${words.you}<meter data-side="you" min="0" max="1"></meter></label>
    <label>${words.gemini}<meter data-side="gemini" min="0" max="1"></meter></label>
  </div>`;
}

function notices(state: SignedIn, actions: Actions): TemplateResult | typeof nothing {
  const { talk, notice } = state;
  if (talk.name === "failed") return sayFailure(talk.error.code, talk.error.violated);
  if (notice === undefined) return nothing;
  return sayFailure(notice.code, notice.violated, () => actions.dismissNotice());
}
