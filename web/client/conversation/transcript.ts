/** The transcript of both sides, assembled from fragments as they arrive. */

export interface TranscriptEntry {
  /** Counts up from 1; stays the same while the text grows. */
  readonly id: number;
  readonly who: "user" | "model";
  readonly kind: "speech" | "text" | "image";
  readonly text: string;
  /** Whether the text is complete. */
  readonly final: boolean;
  /** Gemini was interrupted, or its connection ended; the rest was never heard. */
  readonly interrupted: boolean;
  /** When it began, in milliseconds since 1970. */
  readonly at: number;
}

type Who = TranscriptEntry["who"];

export class Transcript {
  readonly #now: () => number;
  readonly #changed: (entry: TranscriptEntry) => void;
  #entries: readonly TranscriptEntry[] = [];
  /** For each side, the entry that still grows, and its settled text. */
  readonly #open = new Map<Who, { id: number; settled: string }>();

  constructor(now: () => number, changed: (entry: TranscriptEntry) => void) {
    this.#now = now;
    this.#changed = changed;
  }

  get entries(): readonly TranscriptEntry[] {
    return this.#entries;
  }

  /** Add a fragment of speech, or of a text answer; the next fragment replaces an interim one. */
  add(who: Who, kind: "speech" | "text", text: string, interim: boolean): void {
    // The user's words may arrive after Gemini's first; they then belong to the turn before.
    const open = this.#open.get(who) ?? { id: this.#begin(who, kind).id, settled: "" };
    const whole = open.settled + text;
    this.#open.set(who, { id: open.id, settled: interim ? open.settled : whole });
    this.#change(open.id, { text: whole });
  }

  /**
   * Add what the user typed, or an image. Complete at once, so it is returned rather than reported as a
   * change.
   */
  typed(kind: "text" | "image", text: string): TranscriptEntry {
    return this.#begin("user", kind, text, true);
  }

  /** One side has finished for now. */
  settle(who: Who, interrupted = false): void {
    const open = this.#open.get(who);
    if (open === undefined) return;
    this.#open.delete(who);
    this.#change(open.id, { final: true, interrupted });
  }

  /** Start again from the transcript of an earlier talk, whose entries no longer grow. */
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
