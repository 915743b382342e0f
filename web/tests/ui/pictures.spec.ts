/**
 * Pictures of every state, at three widths, light and dark, to look at: tests/ui/pictures. For some of
 * them: `npm run pictures -- -g settings`
 */
import { test } from "./gallery.ts";
import { states, type StateName } from "./states.ts";

for (const name of Object.keys(states) as StateName[]) {
  test(name, async ({ gallery: { page, draw } }) => {
    for (const width of [1280, 390, 320]) {
      for (const theme of ["light", "dark"] as const) {
        await draw(name, width, theme);
        await page.screenshot({ path: `${import.meta.dirname}/pictures/${name}-${width}-${theme}.png` });
      }
    }
  });
}
