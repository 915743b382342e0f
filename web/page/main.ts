import { applyTheme, readPreferences } from "../site/preferences.ts";
import { openPage } from "./app.ts";

applyTheme(readPreferences().theme);
const root = document.getElementById("app");
if (root !== null) void openPage(root);
