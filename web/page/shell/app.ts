/** The page from its opening to its closing: sign in, talk, sign out. */
import { Shell } from "../../site/shell.ts";
import type { Actions } from "./actions.ts";
import { loadPart } from "./lazy.ts";
import { Store } from "./store.ts";
import { view } from "./view.ts";

export async function openPage(root: HTMLElement): Promise<void> {
  let actions: Actions | undefined;
  const store = new Store(root, (state) => view(state, shell, actions));
  const shell = new Shell({
    show: (state) => store.set(state),
    open: async (config, signIn, person) => {
      const { Actions: made } = await import("./actions.ts");
      const leave = (why?: "expired"): void => shell.signOut(why);
      actions = await made.open({ store, config, signIn, person, leave, loadPart });
      store.set(actions.initial);
      return actions;
    },
  });
  addEventListener("pagehide", () => actions?.stop());
  await shell.begin();
}
