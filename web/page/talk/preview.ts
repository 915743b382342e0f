/** What Gemini is shown: the camera or the screen, small; of two cameras the other one is a tap away. */
import { html, nothing, type TemplateResult } from "lit/html.js";

import { messages } from "../../site/messages/index.ts";
import type { Actions } from "../shell/actions.ts";
import { icon } from "../../site/icons.ts";
import type { SignedIn } from "../shell/state.ts";

const { talk: words } = messages;

export function preview({ video, devices }: SignedIn, actions: Actions): TemplateResult | typeof nothing {
  if (video === undefined) return nothing;
  const flips = video.source === "camera" && devices.cameras.length > 1;
  return html`<figure class="preview">
    <video autoplay muted playsinline .srcObject=${video.stream} aria-label=${words.preview[video.source]}></video>
    ${flips ? html`<button class="button icon" aria-label=${words.flip} @click=${() => actions.video.flipCamera()}>${icon("flip")}</button>` : nothing}
    <figcaption class="soft small">${words.preview[video.source]}</figcaption>
  </figure>`;
}
