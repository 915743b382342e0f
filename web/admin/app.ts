/** The admin dashboard from opening to closing: sign in, watch, sign out. */
import { Api } from "../client/api/calls.ts";
import { Shell } from "../site/shell.ts";
import { AdminActions } from "./actions.ts";
import { AdminCalls } from "./calls.ts";
import { Screen } from "./screen.ts";
import { view } from "./views/page.ts";

const NARROW = matchMedia("(max-width: 44rem)");
const UNREAD = {
  overview: undefined,
  blocks: undefined,
  found: undefined,
  audit: undefined,
  notice: undefined,
  busy: false,
};

export async function openDashboard(root: HTMLElement): Promise<void> {
  let actions: AdminActions | undefined;
  const screen = new Screen(root, (state) => view(state, shell, actions));
  const shell = new Shell({
    admin: true,
    show: (state) => screen.show(state),
    open: async (config, signIn, person) => {
      const closing = new AbortController();
      const api = new Api({
        baseUrl: config.api,
        idToken: async (how) => signIn.idToken(closing.signal, how),
      });
      const leave = (why?: "forbidden" | "expired"): void => {
        if (why !== "forbidden") return void shell.signOut(why);
        actions?.close();
        screen.show({ name: "refused" });
      };
      actions = new AdminActions(new AdminCalls(api), screen, leave, closing);
      screen.show({ name: "watching", who: person.name, ...UNREAD, narrow: NARROW.matches });
      actions.open();
      return actions;
    },
  });
  NARROW.addEventListener("change", () => screen.change({ narrow: NARROW.matches }));
  await shell.begin();
}
