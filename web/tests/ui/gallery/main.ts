/** Draws one state of the page, named in the address. Nothing it offers does anything. */
import { render } from "lit/html.js";

import type { Actions } from "../../../src/ui/actions.ts";
import { setLevels } from "../../../src/ui/levels.ts";
import { applyTheme } from "../../../src/ui/theme.ts";
import { loadPart } from "../../../src/ui/views/lazy.ts";
import { view } from "../../../src/ui/views/page.ts";
import { states, type StateName } from "../states.ts";

const query = new URLSearchParams(location.search);
const nothing = (): void => {};
const actions: Actions = {
  reload: nothing,
  signIn: nothing,
  forgot: nothing,
  signOut: nothing,
  start: nothing,
  stop: nothing,
  toggleMute: nothing,
  hold: nothing,
  toggleCamera: nothing,
  flipCamera: nothing,
  toggleScreen: nothing,
  send: nothing,
  attach: nothing,
  detach: nothing,
  dismissNotice: nothing,
  open: nothing,
  closePanel: nothing,
  prefer: nothing,
  endSession: nothing,
  readSessions: nothing,
  toggleDrawer: nothing,
  clearEvents: nothing,
};

function isState(name: string): name is StateName {
  return Object.hasOwn(states, name);
}

const name = query.get("state") ?? "idle";
const root = document.getElementById("app");
if (root !== null && isState(name)) {
  applyTheme(query.get("theme") === "dark" ? "dark" : "light");
  await Promise.all([loadPart("settings"), loadPart("sessions"), loadPart("drawer")]);
  if (states[name].name === "signed-in") setLevels({ microphone: 0.12, speaker: 0.55 });
  root.replaceChildren();
  render(view(states[name], actions), root);
  const log = root.querySelector(".log");
  if (log !== null) log.scrollTop = log.scrollHeight;
  document.documentElement.dataset["drawn"] = "true";
}
