/** The page from opening to closing: sign in, talk, sign out. */
import { Shell } from "../site/shell.ts";
import type { Actions } from "./shell/actions.ts";
import { loadPart } from "./shell/lazy.ts";
import { Store } from "./shell/store.ts";
import { view } from "./shell/view.ts";

export async function openPage(root: HTMLElement): Promise<void> {
  let actions: Actions | undefined;
  const store = new Store(root, (state) => view(state, shell, actions));
  const shell = new Shell({
    show: (state) => store.set(state),
    open: async (config, signIn, person) => {
      const { openActions } = await import("./shell/opening.ts");
      const leave = (why?: "expired"): void => void shell.signOut(why);
      actions = await openActions({ store, config, signIn, person, leave, loadPart });
      store.set(actions.initial);
      return actions;
    },
  });
  addEventListener("pagehide", () => actions?.stop());
  await shell.begin();
}
