/** Draws any state of the page, any number of times. Its controls do nothing. */
import { nothing, render } from "lit/html.js";

import type { TranscriptEntry } from "../../../client/index.ts";
import type { Shell } from "../../../site/shell.ts";
import type { Actions } from "../../../page/shell/actions.ts";
import type { AppState } from "../../../page/shell/state.ts";
import { setLevels } from "../../../page/talk/orb.ts";
import { applyTheme } from "../../../site/preferences.ts";
import { loadPart } from "../../../page/shell/lazy.ts";
import { view } from "../../../page/shell/view.ts";
import { type Line, said } from "../../../page/transcript/lines.ts";
import { states, type StateName } from "../states.ts";

declare global {
  interface Window {
    draw(state: StateName, theme: "light" | "dark"): void;
    /** Draw a transcript of so many lines, and have the last one grow by so many fragments. */
    grow(lines: number, fragments: number): { drawn: number; changed: number };
  }
}

/** Does nothing, whatever is called. */
const idle: object = new Proxy(() => {}, { get: () => idle });

const root = document.createElement("div");
root.id = "app";
await Promise.all([
  loadPart("signedIn"),
  loadPart("settings"),
  loadPart("sessions"),
  loadPart("drawer"),
]);

window.draw = (name, theme) => {
  const state: AppState = states[name];
  applyTheme(theme);
  setLevels(
    state.name === "signed-in" && state.talk.name === "live"
      ? { microphone: 0.12, speaker: 0.55 }
      : { microphone: 0, speaker: 0 },
  );
  // Nothing is left of the previous state: no scrolling, open panel or focus.
  document.body.replaceChildren(root);
  render(nothing, root);
  render(view(state, idle as Shell, idle as Actions), root);
  const log = root.querySelector(".log");
  if (log !== null) log.scrollTop = log.scrollHeight;
};
window.grow = (count, fragments) => {
  let drawn = 0;
  const spoken = (id: number, text: string): Line => {
    const entry = { id, who: "model", kind: "speech", final: id < count, interrupted: false, at: 0 };
    const counted = Object.defineProperty(entry, "text", { get: () => ((drawn += 1), text) });
    return said(counted as unknown as TranscriptEntry);
  };
  let lines = Array.from({ length: count }, (_, at) => spoken(at + 1, `line ${at + 1}`));
  const show = (): unknown =>
    render(view({ ...states.live, lines }, idle as Shell, idle as Actions), root);
  document.body.replaceChildren(root);
  show();
  drawn = 0;
  const changes = new MutationObserver(() => {});
  changes.observe(root, { subtree: true, childList: true, characterData: true, attributes: true });
  for (let fragment = 1; fragment <= fragments; fragment++) {
    lines = lines.with(count - 1, spoken(count, `fragment ${fragment}`));
    show();
  }
  return { drawn, changed: changes.takeRecords().length };
};
document.documentElement.dataset["ready"] = "true";
