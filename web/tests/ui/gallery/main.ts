/** Draws any state of the page, any number of times. Its controls do nothing. */
import { nothing, render } from "lit/html.js";

import type { Shell } from "../../../site/shell.ts";
import type { Actions } from "../../../page/shell/actions.ts";
import type { AppState } from "../../../page/shell/state.ts";
import { setLevels } from "../../../page/talk/orb.ts";
import { applyTheme } from "../../../site/preferences.ts";
import { loadPart } from "../../../page/shell/lazy.ts";
import { view } from "../../../page/shell/view.ts";
import { states, type StateName } from "../states.ts";

declare global {
  interface Window {
    draw(state: StateName, theme: "light" | "dark"): void;
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
document.documentElement.dataset["ready"] = "true";
