/** What Gemini is shown: the camera or the screen, small. */
import { html, nothing, type TemplateResult } from "lit/html.js";

import { messages } from "../../messages/index.ts";
import type { SignedIn } from "../state.ts";

export function preview({ video }: SignedIn): TemplateResult | typeof nothing {
  if (video === undefined) return nothing;
  return html`<figure class="preview">
    <video autoplay muted playsinline .srcObject=${video.stream} aria-label=${messages.talk.preview[video.source]}></video>
    <figcaption class="soft small">${messages.talk.preview[video.source]}</figcaption>
  </figure>`;
}
