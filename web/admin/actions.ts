/**
 * What a signed-in admin can do: watch, search, block and pause. Figures are refreshed twice a minute.
 */
import { asLiveError } from "../client/errors.ts";
import { admin as words } from "../site/messages/admin.en.ts";
import { tell } from "../site/messages/told.ts";
import type { AdminCalls } from "./calls.ts";
import type { Screen } from "./screen.ts";
import { HASH, type Order, type Read, type Watching } from "./state.ts";

const RENEWED_MS = 30_000;

export class AdminActions {
  #event = "";

  constructor(
    private readonly calls: AdminCalls,
    private readonly screen: Screen,
    private readonly leave: (why?: "forbidden" | "expired") => void,
    private readonly closing: AbortController,
  ) {}

  open(): void {
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") void this.renew();
    }, RENEWED_MS);
    const { signal } = this.closing;
    signal.addEventListener("abort", () => clearInterval(timer));
    addEventListener("hashchange", () => this.#follow(), { signal });
    this.#follow();
    void this.renew();
    void this.readAudit("");
  }

  /** The address names the user to show, so that Back works and links to a user can be shared. */
  #follow(): void {
    const [, hash] = /^#user-([0-9a-f]{40})$/.exec(location.hash) ?? [];
    if (hash !== undefined) void this.find(hash);
  }

  close(): void {
    this.closing.abort();
  }

  async renew(): Promise<void> {
    const { signal } = this.closing;
    await Promise.all([
      this.#read(
        this.calls.overview(signal),
        (overview) => ({ overview }),
        this.screen.watching?.overview,
      ),
      this.#read(this.calls.blocks(signal), (blocks) => ({ blocks }), this.screen.watching?.blocks),
    ]);
  }

  async find(hash: string): Promise<void> {
    if (!HASH.test(hash)) return;
    if (this.screen.watching?.found?.hash !== hash)
      this.screen.change({ found: { hash, user: undefined } });
    await this.#read(this.calls.user(hash, this.closing.signal), (user) => ({ found: { hash, user } }));
  }

  closeUser(): void {
    history.replaceState(history.state, "", "#");
    this.screen.change({ found: undefined });
  }

  async readAudit(event: string): Promise<void> {
    this.#event = event;
    await this.#read(this.calls.audit(event, this.closing.signal), (audit) => ({ audit }));
  }

  async pause(order: Order): Promise<void> {
    await this.#do(words.controls.pause, this.calls.put("pause", order, this.closing.signal));
  }

  async resume(): Promise<void> {
    await this.#do(words.controls.resume, this.calls.lift("pause", this.closing.signal));
  }

  async block(hash: string, order: Order): Promise<void> {
    await this.#do(words.controls.block, this.calls.put(`blocks/${hash}`, order, this.closing.signal));
  }

  async unblock(hash: string): Promise<void> {
    await this.#do(words.controls.unblock, this.calls.lift(`blocks/${hash}`, this.closing.signal));
  }

  async setTier(hash: string, tier: string, order: Order): Promise<void> {
    await this.#do(
      words.controls.setTier,
      this.calls.put(`users/${hash}/tier`, { ...order, tier }, this.closing.signal),
    );
  }

  async resetTier(hash: string): Promise<void> {
    await this.#do(words.controls.resetTier, this.calls.lift(`users/${hash}/tier`, this.closing.signal));
  }

  dismissNotice(): void {
    this.screen.change({ notice: undefined });
  }

  signOut(): void {
    this.leave();
  }

  /** Older figures stay visible when they cannot be refreshed. */
  async #read<T>(
    reading: Promise<T>,
    into: (read: Read<T>) => Partial<Watching>,
    before?: Read<T>,
  ): Promise<void> {
    try {
      this.screen.change(into({ value: await reading }));
    } catch (error) {
      const code = this.#failed(error);
      if (code === undefined) return;
      if (before !== undefined && "value" in before)
        this.screen.change({ notice: { told: words.stale, tone: "bad" } });
      else this.screen.change(into({ code }));
    }
  }

  async #do(what: string, doing: Promise<void>): Promise<void> {
    this.screen.change({ busy: true, notice: undefined });
    try {
      await doing;
      this.screen.change({ notice: { told: words.done(what), tone: "good" } });
      const found = this.screen.watching?.found;
      await Promise.all([this.renew(), this.readAudit(this.#event), found && this.find(found.hash)]);
    } catch (error) {
      const code = this.#failed(error);
      if (code !== undefined) this.screen.change({ notice: { told: tell(code), tone: "bad" } });
    } finally {
      this.screen.change({ busy: false });
    }
  }

  /** The code of what went wrong; undefined when nobody is there to see it. */
  #failed(error: unknown): string | undefined {
    if (this.closing.signal.aborted) return undefined;
    const { code } = asLiveError(error);
    if (code === "forbidden") this.leave("forbidden");
    else if (code === "unauthenticated" || code === "signed-out") this.leave("expired");
    else return code;
    return undefined;
  }
}
