/** `window.livepass`, for the console: on this machine only, and without a token. Returns what takes it away. */
import { isLoopback } from "../deployment/config.ts";
import type { LiveTalk } from "../live/index.ts";
import type { AppState } from "./state.ts";
import type { Store } from "./store.ts";

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
