/** Controls during a talk: mute, camera, screen and push-to-talk. */
import { html, nothing, type TemplateResult } from "lit/html.js";

import { icon } from "../../site/icons.ts";
import { messages } from "../../site/messages/index.ts";
import type { Actions } from "../shell/actions.ts";
import type { SignedIn } from "../shell/state.ts";
import { isOpen } from "./talk-words.ts";

const { talk: words } = messages;

export function controls(state: SignedIn, actions: Actions): TemplateResult | typeof nothing {
  const { talk } = state;
  if (!isOpen(talk)) return nothing;
  const shows = state.video?.source;
  return html`
    ${talk.turns === "hold" ? holdButton(talk.holding, actions) : nothing}
    <div class="controls" role="group" aria-label=${words.controls}>
      ${
        talk.turns === "hold"
          ? nothing
          : html`<button class="button mute" aria-pressed=${talk.muted} @click=${() => actions.toggleMute()}>
            ${icon(talk.muted ? "muted" : "microphone")}<span>${words.mute}</span>
          </button>`
      }
      <button class="button" aria-pressed=${shows === "camera"} @click=${() => actions.video.toggleCamera()}>
        ${icon("camera")}<span>${words.camera}</span>
      </button>
      ${
        canShareScreen()
          ? html`<button class="button" aria-pressed=${shows === "screen"} @click=${() => actions.video.toggleScreen()}>
        ${icon("screen")}<span>${words.screen}</span>
      </button>`
          : nothing
      }
    </div>
  `;
}

/** Phones cannot. */
function canShareScreen(): boolean {
  return navigator.mediaDevices?.getDisplayMedia !== undefined;
}

function holdButton(holding: boolean, actions: Actions): TemplateResult {
  const down = (event: PointerEvent): void => {
    if (event.button !== 0 || !(event.currentTarget instanceof Element)) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    actions.hold("down");
  };
  const up = (): void => actions.hold("up");
  return html`<button
    class="button hold"
    data-hold
    aria-pressed=${holding}
    @pointerdown=${down}
    @pointerup=${up}
    @pointercancel=${up}
    @contextmenu=${(event: Event) => event.preventDefault()}
  >
    ${icon("microphone")}<span>${words.hold}</span><span class="soft small">${words.holdHint}</span>
  </button>`;
}
