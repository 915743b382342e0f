import { openPage } from "./shell/app.ts";
import { applyTheme, readPreferences } from "../site/preferences.ts";

applyTheme(readPreferences().theme);
const root = document.getElementById("app");
if (root !== null) void openPage(root);
