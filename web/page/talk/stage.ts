/** The talk button and everything around it. */
import { html, nothing, type TemplateResult } from "lit/html.js";

import type { TalkState, Trouble } from "../../client/index.ts";
import { dollars, duration, span, timeOfDay } from "../../site/format.ts";
import { icon } from "../../site/icons.ts";
import { messages } from "../../site/messages/index.ts";
import { tell, tellInTalk, toldOf } from "../../site/messages/told.ts";
import { say } from "../../site/notices.ts";
import type { Actions } from "../shell/actions.ts";
import { canResume, type SignedIn } from "../shell/state.ts";
import { controls } from "./controls.ts";
import { limitsLeft } from "./limits-left.ts";
import { next, type Next } from "./limits.ts";
import { isOn, isOpen, status } from "./talk-words.ts";
import "./orb.ts";

const { talk: words, page, limitsLeft: limitWords } = messages;

export function stage(state: SignedIn, actions: Actions): TemplateResult {
  const on = isOn(state.talk);
  const when: Next =
    state.limits === undefined ? { kind: "now" } : next(state.limits, state.serverNowMs);
  const goesOn = !on && canResume(state);
  const hint = on ? undefined : startHint(state, when, goesOn);
  return html`<section class="stage" aria-labelledby="title">
    <h1 id="title" class=${on ? "unseen" : ""}>${page.title}</h1>
    <div class="orb">
      <voice-orb theme=${state.preferences.theme} ?active=${isOpen(state.talk)} ?waiting=${on && !isOpen(state.talk)}></voice-orb>
      ${talkButton(state.talk, when, hint !== undefined, actions)}
    </div>
    <div class="sayings">
      <p class="status" role="status">${statusLine(state, when, goesOn)}</p>
      ${hint === undefined ? nothing : html`<p id="start-hint" class="soft small figures">${hint}</p>`}
    </div>
    ${goesOn ? resumeButton(state, actions) : nothing} ${isOpen(state.talk) ? meters() : nothing}
    ${controls(state, actions)} ${trouble(state.talk)} ${notices(state, actions)}
    ${preview(state, actions)} ${on ? facts(state) : limitsLeft(state)}
  </section>`;
}

/**
 * One button from start to end, so that it keeps the focus. It can be focused even while a limit
 * prevents a talk, so that keyboard and screen reader users find out why.
 */
function talkButton(talk: TalkState, when: Next, hinted: boolean, actions: Actions): TemplateResult {
  const on = isOn(talk);
  const waits = !on && when.kind !== "now";
  const press = ({ detail: clicks }: MouseEvent): void => {
    if (clicks > 1) return; // a double click would end what it started
    if (on) actions.stop();
    else if (!waits) actions.start();
  };
  return html`<button
    class="talk-button ${on ? "on" : ""}"
    aria-disabled=${waits}
    aria-describedby=${hinted ? "start-hint" : nothing}
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

function statusLine(state: SignedIn, when: Next, goesOn: boolean): string {
  const { talk, liveSinceMs } = state;
  if (talk.name === "failed" && liveSinceMs === undefined) return words.doing.neverBegan;
  if (talk.name !== "idle") return status(talk);
  if (goesOn) return isOver(state) ? words.resume.titleAnew : words.resume.title;
  if (when.kind === "now") return status(talk);
  return messages.limits[when.kind === "wait" ? when.why : "sessions"].title;
}

/** What to do next; after a failure, the failure's own message says so. */
function startHint({ talk }: SignedIn, when: Next, goesOn: boolean): string | undefined {
  switch (when.kind) {
    case "now":
      if (goesOn) return words.resume.orNew;
      return talk.name === "failed" ? undefined : words.startHint;
    case "wait":
      return (goesOn ? limitWords.startNewIn : limitWords.startIn)(duration(when.seconds));
    case "full":
      return messages.limits.sessions.more;
    default:
      return when satisfies never;
  }
}

/** While its session is active, limits on new talks do not apply. */
function resumeButton(state: SignedIn, actions: Actions): TemplateResult {
  return html`<div class="resume">
    <button class="button main" @click=${() => actions.resume()}>${icon("resume")}<span>${words.resume.action}</span></button>
    <p class="soft small">${until(state)}</p>
  </div>`;
}

function until(state: SignedIn): string {
  const { untilMs = 0, rememberedUntilMs = 0 } = state.resumable ?? {};
  return isOver(state)
    ? words.resume.anew(timeOfDay(rememberedUntilMs))
    : words.resume.more(timeOfDay(untilMs));
}

/** Whether only a new session can resume the talk. */
function isOver({ resumable, serverNowMs }: SignedIn): boolean {
  return resumable !== undefined && serverNowMs >= resumable.untilMs;
}

function meters(): TemplateResult {
  return html`<div class="meters small soft">
    <label>${words.you}<meter data-side="you" min="0" max="1"></meter></label>
    <label>${words.gemini}<meter data-side="gemini" min="0" max="1"></meter></label>
  </div>`;
}

const BY_A_TAP: ReadonlySet<Trouble> = new Set(["autoplay-blocked", "sound-stopped"]);

/** What keeps one side from hearing the other. A tap anywhere does what the button does. */
function trouble(talk: TalkState): TemplateResult | typeof nothing {
  if (!isOpen(talk) || talk.trouble === null) return nothing;
  return html`${say(tell(talk.trouble))}
    ${BY_A_TAP.has(talk.trouble) ? html`<button class="button main">${words.soundOn}</button>` : nothing}`;
}

function notices(state: SignedIn, actions: Actions): TemplateResult | typeof nothing {
  const { talk, notice } = state;
  if (talk.name === "failed") return say(toldOf(talk.error.code, talk.error.violated));
  if (notice === undefined) return nothing;
  const { code, violated, endsAtMs, aheadMs } = notice;
  const dismiss = (): void => actions.dismissNotice();
  if (aheadMs !== undefined) return say(words.clockOff(span(aheadMs), aheadMs > 0), "bad", dismiss);
  const told = isOpen(talk) ? tellInTalk(code, violated) : toldOf(code, violated);
  if (endsAtMs === undefined) return say(told, "bad", dismiss);
  return say(
    { title: words.mayEnd(timeOfDay(endsAtMs)), more: words.notRenewed(toldOf(code, violated).title) },
    "bad",
    dismiss,
  );
}

/** A small preview of the camera or the screen, with a button to switch cameras if there are two. */
function preview({ video, devices }: SignedIn, actions: Actions): TemplateResult | typeof nothing {
  if (video === undefined) return nothing;
  const flips = video.source === "camera" && devices.cameras.length > 1;
  return html`<figure class="preview">
    <video autoplay muted playsinline .srcObject=${video.stream} aria-label=${words.preview[video.source]}></video>
    ${flips ? html`<button class="button icon" aria-label=${words.flip} @click=${() => actions.video.flipCamera()}>${icon("flip")}</button>` : nothing}
    <figcaption class="soft small">${words.preview[video.source]}</figcaption>
  </figure>`;
}

/** Facts about the talk while it is on: time, pass, cost. */
function facts(state: SignedIn): TemplateResult | typeof nothing {
  if (state.liveSinceMs === undefined) return nothing;
  const lasted = Math.floor((state.nowMs - state.liveSinceMs) / 1000);
  return html`<dl class="facts figures">
    <div><dt>${words.time}</dt><dd>${duration(lasted)}</dd></div>
    ${state.pass === undefined ? nothing : passLeft(state.pass.expiresAtMs - state.serverNowMs)}
    <div title=${words.costHint}><dt>${words.cost}</dt><dd>${dollars(state.cost)}</dd></div>
  </dl>`;
}

function passLeft(leftMs: number): TemplateResult {
  return html`<div title=${words.passHint}><dt>${words.pass}</dt><dd>${words.passLeft(duration(leftMs / 1000))}</dd></div>`;
}
