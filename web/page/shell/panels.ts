/** Settings, the list of talks and the developers' drawer, which are loaded when first opened. */
import type { LiveApi, LiveTalk } from "../../client/index.ts";
import type { Journal } from "../drawer/journal.ts";
import { keepBookmark } from "../resume/bookmarks.ts";
import type { Store } from "./store.ts";

/** Parts that are loaded when first opened. */
export type PanelPart = "settings" | "sessions" | "drawer";

export class Panels {
  constructor(
    private readonly store: Store,
    private readonly api: LiveApi,
    private readonly talk: LiveTalk,
    private readonly journal: Journal,
    private readonly loadPart: (name: PanelPart) => Promise<void>,
  ) {}

  async open(panel: "settings" | "sessions"): Promise<void> {
    if (!(await this.#load(panel))) return;
    this.store.change({ panel });
    if (panel === "sessions") return this.readSessions();
    const devices = await this.talk.devices().catch(() => undefined);
    if (devices !== undefined) this.store.change({ devices });
  }

  close(): void {
    this.store.change({ panel: "none" });
  }

  async readSessions(): Promise<void> {
    this.store.change(({ sessions }) => ({
      sessions: sessions.name === "read" ? sessions : { name: "loading" },
    }));
    try {
      this.store.change({ sessions: { name: "read", sessions: await this.api.sessions() } });
    } catch {
      this.store.change({ sessions: { name: "failed" } });
    }
    // A slot may be free again, because of the time or another page.
    await this.api.limits().catch(() => undefined);
  }

  /** End a session; if its talk is on this page, the talk ends, too. */
  async endSession(id: string): Promise<void> {
    const here = this.store.signedIn?.pass?.session.id === id;
    if (this.store.signedIn?.resumable?.bookmark.sessionId === id) {
      keepBookmark(null);
      this.store.change({ resumable: undefined });
    }
    try {
      await (here ? this.talk.endSession() : this.api.endSession(id));
    } catch {
      // The list, loaded next, shows the result.
    }
    await this.readSessions();
  }

  async toggleDrawer(): Promise<void> {
    if (this.store.signedIn?.drawer !== undefined) return this.store.change({ drawer: undefined });
    if (await this.#load("drawer")) this.store.change({ drawer: this.journal.shown() });
  }

  /** Returns whether the part is loaded. If not, a notice says why, and opening it again tries again. */
  async #load(part: PanelPart): Promise<boolean> {
    try {
      await this.loadPart(part);
      return true;
    } catch {
      this.store.change({ notice: { code: "network", violated: [] } });
      return false;
    }
  }
}
