import { App } from "./ui/app.ts";
import { readPreferences } from "./ui/preferences.ts";
import { applyTheme } from "./ui/theme.ts";

applyTheme(readPreferences().theme);
const root = document.getElementById("app");
if (root !== null) void new App(root).open();
