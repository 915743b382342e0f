/**
 * Sets `window.livepass` for the browser's console, on this machine only and without tokens. Returns a
 * function that removes it.
 */
import type { LiveTalk } from "../../client/index.ts";
import { isLoopback } from "../../site/deployment/config.ts";
import type { AppState } from "../shell/state.ts";
import type { Store } from "../shell/store.ts";

declare global {
  interface Window {
    livepass?: { readonly talk: LiveTalk; readonly state: AppState };
  }
}

export function exposeForDevelopers(store: Store, talk: LiveTalk): () => void {
  if (!isLoopback(location)) return () => {};
  window.livepass = {
    talk,
    get state() {
      return store.state;
    },
  };
  return () => delete window.livepass;
}
