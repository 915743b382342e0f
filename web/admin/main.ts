import { applyTheme, readPreferences } from "../site/preferences.ts";
import { openDashboard } from "./app.ts";

applyTheme(readPreferences().theme);
const root = document.getElementById("app");
if (root !== null) void openDashboard(root);
