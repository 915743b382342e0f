/**
 * Reports to our API what a talk has used, because the budget counts reports above its estimate. Each
 * report has the session's totals, so a failed one is dropped and the next makes up for it.
 */
import { NO_USAGE, sum } from "../../client/conversation/cost.ts";
import type { LiveApi, LiveTalk, TalkUsage, TokenCounts, TurnUsage } from "../../client/index.ts";
import { keepUsed, readUsed } from "./bookmarks.ts";

const EVERY_MS = 60_000;
/** How long ending a session waits for the answer to its last report, at most. */
const DEADLINE_MS = 3000;

type Reporting = Pick<LiveApi, "report">;
type Tab = EventTarget & { readonly sessionStorage: Storage };

/**
 * Report within a minute of a change, before a connection is replaced, at the end, and when the page
 * goes away. Returns a function that stops it.
 */
export function reportUsage(talk: Pick<LiveTalk, "on">, api: Reporting, tab: Tab = window): () => void {
  let totals: Totals[] = [];
  const tell = (): void => totals.forEach((of) => of.tell());
  tab.addEventListener("pagehide", tell);
  const attached = [
    talk.on(
      "open",
      ({ detail: { session } }) => (totals = [new Totals(session.id, api, tab.sessionStorage)]),
    ),
    talk.on("usage", ({ detail }) => totals.at(-1)?.add(detail)),
    // A talk that outlasts its session continues in another; its usage so far belongs to the first.
    talk.on("tokenrefresh", ({ detail: { session } }) => {
      const before = totals.at(-1);
      if (before === undefined || before.sessionId === session.id) return;
      totals = [...totals, new Totals(session.id, api, tab.sessionStorage, before.inTalk)];
    }),
    talk.on("goaway", tell),
    talk.on("close", tell),
    () => tab.removeEventListener("pagehide", tell),
  ];
  return () => {
    tell();
    attached.forEach((detach) => detach());
  };
}

/** What a session has used: in this talk, and before it was resumed. */
class Totals {
  readonly #before;
  #inTalk;
  #used = NO_USAGE;
  #changed = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly sessionId: string,
    private readonly api: Reporting,
    private readonly storage: Storage,
    private readonly elsewhere: TurnUsage = NO_USAGE,
  ) {
    this.#before = readUsed(sessionId, storage);
    this.#inTalk = elsewhere;
  }

  /** What the talk has used, including in other sessions. */
  get inTalk(): TurnUsage {
    return this.#inTalk;
  }

  add({ total }: TalkUsage): void {
    this.#inTalk = total;
    this.#used = sum(this.#before, less(total, this.elsewhere));
    this.#changed = true;
    this.#timer ??= setTimeout(() => this.tell(), EVERY_MS);
  }

  tell(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!this.#changed) return;
    this.#changed = false;
    keepUsed(this.sessionId, this.#used, this.storage);
    const { input: prompt, output: response, thoughts } = this.#used;
    const deadline = AbortSignal.timeout(DEADLINE_MS);
    this.api
      .report(this.sessionId, { prompt, response, thoughts }, deadline)
      .catch(() => (this.#changed = true));
  }
}

function less(a: TurnUsage, b: TurnUsage): TurnUsage {
  const tokens = (of: TokenCounts, not: TokenCounts): TokenCounts => ({
    text: of.text - not.text,
    audio: of.audio - not.audio,
    image: of.image - not.image,
    other: of.other - not.other,
  });
  return {
    input: tokens(a.input, b.input),
    output: tokens(a.output, b.output),
    thoughts: a.thoughts - b.thoughts,
    cost: a.cost - b.cost,
  };
}
