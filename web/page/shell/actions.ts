/** What the views can ask for. Each is called by a handler, so that a tap unlocks the sound. */
import type { Entry } from "../../site/sign-in/sign-in.ts";
import type { Preferences } from "../../site/preferences.ts";

export interface Actions {
  reload(): void;
  signIn(entry: Entry): void;
  forgot(email: string): void;
  signOut(): void;

  start(): void;
  resume(): void;
  stop(): void;
  toggleMute(): void;
  hold(press: "down" | "up"): void;
  toggleCamera(): void;
  flipCamera(): void;
  toggleScreen(): void;
  send(text: string): void;
  attach(file: Blob, name: string): void;
  detach(): void;
  dismissNotice(): void;

  open(panel: "settings" | "sessions"): void;
  closePanel(): void;
  prefer(change: Partial<Preferences>): void;
  endSession(id: string): void;
  readSessions(): void;
  toggleDrawer(): void;
  clearEvents(): void;
}
