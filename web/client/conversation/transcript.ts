/** What both sides said, assembled from fragments as it is heard. */

export interface TranscriptEntry {
  /** Counts up from 1; an entry keeps its number while its text grows. */
  readonly id: number;
  readonly who: "user" | "model";
  readonly kind: "speech" | "text" | "image";
  readonly text: string;
  /** Whether nothing will be added. */
  readonly final: boolean;
  /** Gemini was spoken over, or cut off with its connection: what follows was never heard. */
  readonly interrupted: boolean;
  /** When it began; milliseconds since 1970. */
  readonly at: number;
}

type Who = TranscriptEntry["who"];

export class Transcript {
  readonly #now: () => number;
  readonly #changed: (entry: TranscriptEntry) => void;
  #entries: readonly TranscriptEntry[] = [];
  /** By side, the entry that still grows, and how much of it is settled. */
  readonly #open = new Map<Who, { id: number; settled: string }>();

  constructor(now: () => number, changed: (entry: TranscriptEntry) => void) {
    this.#now = now;
    this.#changed = changed;
  }

  get entries(): readonly TranscriptEntry[] {
    return this.#entries;
  }

  /** A fragment of speech or of a written answer; an interim one is replaced by the next. */
  add(who: Who, kind: "speech" | "text", text: string, interim: boolean): void {
    // The user's words may come after Gemini's first: then they belong to the turn before it.
    const open = this.#open.get(who) ?? { id: this.#begin(who, kind).id, settled: "" };
    const whole = open.settled + text;
    this.#open.set(who, { id: open.id, settled: interim ? open.settled : whole });
    this.#change(open.id, { text: whole });
  }

  /** What the user typed or showed: whole at once, and so returned rather than told as a change. */
  typed(kind: "text" | "image", text: string): TranscriptEntry {
    return this.#begin("user", kind, text, true);
  }

  /** One side is done for now. */
  settle(who: Who, interrupted = false): void {
    const open = this.#open.get(who);
    if (open === undefined) return;
    this.#open.delete(who);
    this.#change(open.id, { final: true, interrupted });
  }

  /** Forget everything but what was said before this talk, which nothing is added to. */
  begin(before: readonly TranscriptEntry[]): void {
    this.#open.clear();
    this.#entries = before.map((entry) => ({ ...entry, final: true }));
    for (const entry of this.#entries) this.#changed(entry);
  }

  #begin(who: Who, kind: TranscriptEntry["kind"], text = "", final = false): TranscriptEntry {
    const id = (this.#entries.at(-1)?.id ?? 0) + 1;
    const entry = { id, who, kind, text, final, interrupted: false, at: this.#now() };
    this.#entries = [...this.#entries, entry];
    return entry;
  }

  #change(id: number, change: Partial<TranscriptEntry>): void {
    const index = this.#entries.findLastIndex((entry) => entry.id === id);
    const entry = this.#entries[index];
    if (entry === undefined) return;
    const changed = { ...entry, ...change };
    this.#entries = this.#entries.with(index, changed);
    this.#changed(changed);
  }
}
