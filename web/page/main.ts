import { openPage } from "./shell/app.ts";
import { readPreferences } from "../site/preferences.ts";
import { applyTheme } from "../site/theme.ts";

applyTheme(readPreferences().theme);
const root = document.getElementById("app");
if (root !== null) void openPage(root);
