/** Loads parts of the page when they are first needed. Once loaded, they can be drawn. */
import { nothing, type TemplateResult } from "lit/html.js";

import type { Actions } from "./actions.ts";
import type { SignedIn } from "./state.ts";

type Part = (state: SignedIn, actions: Actions) => TemplateResult | typeof nothing;
type Name = "signedIn" | "settings" | "sessions" | "drawer";

const sources: Readonly<Record<Name, () => Promise<Part>>> = {
  signedIn: async () => (await import("./signed-in.ts")).signedIn,
  settings: async () => (await import("../settings/settings.ts")).settingsDialog,
  sessions: async () => (await import("../sessions/sessions.ts")).sessionsDialog,
  drawer: async () => (await import("../drawer/drawer.ts")).drawer,
};

const loaded: Partial<Record<Name, Part>> = {};

export async function loadPart(name: Name): Promise<void> {
  loaded[name] ??= await sources[name]();
}

export function lazyPart(
  name: Name,
  state: SignedIn,
  actions: Actions,
): TemplateResult | typeof nothing {
  return loaded[name]?.(state, actions) ?? nothing;
}
