/** The talks of the last 24 hours; open ones can be ended. */
import { html, nothing, type TemplateResult } from "lit/html.js";

import type { Session } from "../../client/index.ts";
import { modelName, timeOfDay } from "../../site/format.ts";
import { messages } from "../../site/messages/index.ts";
import type { Actions } from "../shell/actions.ts";
import { dialog } from "../shell/dialog.ts";
import type { SessionList, SignedIn } from "../shell/state.ts";
import { isOn } from "../talk/talk-words.ts";

const { sessions: words } = messages;

export function sessionsDialog(state: SignedIn, actions: Actions): TemplateResult {
  const here = isOn(state.talk) ? state.pass?.session.id : undefined;
  const content = html`<section>${listed(state.sessions, here, actions)}</section><p class="soft small">${words.note}</p>`;
  return dialog("sessions", words.title, content, () => actions.panels.close());
}

function listed(list: SessionList, here: string | undefined, actions: Actions): TemplateResult {
  switch (list.name) {
    case "unread":
    case "loading":
      return html`<p class="soft" role="status">${words.loading}</p>`;
    case "failed":
      return html`<p role="alert">${words.failed}</p><button class="button" @click=${() => actions.panels.readSessions()}>${words.retry}</button>`;
    case "read":
      return list.sessions.length === 0
        ? html`<p class="soft">${words.empty}</p>`
        : html`<ul class="sessions">${list.sessions.map((session) => row(session, session.id === here, actions))}</ul>`;
    default:
      return list satisfies never;
  }
}

function row(session: Session, isHere: boolean, actions: Actions): TemplateResult {
  const started = timeOfDay(session.startedAt);
  const open = session.state === "active";
  const states: Readonly<Record<string, string>> = words.states; // a newer server may know others
  return html`<li>
    <div>
      <p><strong class="figures">${started}</strong> <span class="chip ${open ? "good" : ""}">${states[session.state] ?? session.state}</span>${isHere ? html` <span class="soft small">${words.here}</span>` : nothing}</p>
      <p class="soft small figures">${modelName(session.model)}${open ? `, ${words.until(timeOfDay(session.expiresAt))}` : nothing}</p>
    </div>
    ${
      open
        ? html`<button class="button" aria-label=${words.endThis(started)} @click=${() => actions.panels.endSession(session.id)}>${words.end}</button>`
        : nothing
    }
  </li>`;
}
