/** Light, dark, or as the system says; set on the root, before the first paint where it was chosen. */
import type { Theme } from "./preferences.ts";

export function applyTheme(theme: Theme): void {
  if (theme === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
}
