/** What a talk costs, estimated from `usageMetadata`: every turn pays for its whole context. */

import type { ModalityCount, UsageMetadata } from "./wire/facts.ts";

/** Tokens by what they carry. */
export interface Tokens {
  readonly text: number;
  readonly audio: number;
  readonly image: number;
  /** Counted in no modality by Gemini; priced as text. */
  readonly other: number;
}

export interface TurnUsage {
  readonly input: Tokens;
  readonly output: Tokens;
  /** Thoughts, priced as text out. */
  readonly thoughts: number;
  /** US dollars. */
  readonly cost: number;
}

export interface TalkUsage {
  readonly turns: number;
  readonly last: TurnUsage;
  readonly total: TurnUsage;
}

/**
 * US dollars for a million tokens, paid tier, for all Live models of the 3.x families
 * (ai.google.dev/pricing, read 2026-10). Search is priced apart.
 */
export const PRICES = {
  input: { text: 0.75, audio: 3, image: 1, other: 0.75 },
  output: { text: 4.5, audio: 12, image: 4.5, other: 4.5 },
  thoughts: 4.5,
} as const;

const NONE: Tokens = { text: 0, audio: 0, image: 0, other: 0 };
export const NO_USAGE: TurnUsage = { input: NONE, output: NONE, thoughts: 0, cost: 0 };

export function turnUsage(usage: UsageMetadata): TurnUsage {
  const tools = usage.toolUsePromptTokenCount ?? 0;
  const input = add(
    tokens(usage.promptTokensDetails, usage.promptTokenCount),
    tokens(usage.toolUsePromptTokensDetails, tools),
  );
  const output = tokens(usage.responseTokensDetails, usage.responseTokenCount);
  const thoughts = usage.thoughtsTokenCount ?? 0;
  const price = cost(input, PRICES.input) + cost(output, PRICES.output);
  return { input, output, thoughts, cost: price + (thoughts * PRICES.thoughts) / 1e6 };
}

/** Adds up the turns of a talk. Within a turn the last report counts. */
export class Meter {
  #turns = 0;
  #done: TurnUsage = NO_USAGE;
  #last: TurnUsage = NO_USAGE;
  #open = false;

  report(usage: UsageMetadata): void {
    if (!this.#open) this.#turns += 1;
    this.#open = true;
    this.#last = turnUsage(usage);
  }

  endTurn(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#done = sum(this.#done, this.#last);
  }

  get usage(): TalkUsage {
    const total = this.#open ? sum(this.#done, this.#last) : this.#done;
    return { turns: this.#turns, last: this.#last, total };
  }
}

function tokens(details: readonly ModalityCount[] | undefined, count: number | undefined): Tokens {
  const of = (...names: string[]): number =>
    (details ?? [])
      .filter(({ modality }) => names.includes(modality ?? ""))
      .reduce((total, { tokenCount }) => total + (tokenCount ?? 0), 0);
  const text = of("TEXT", "DOCUMENT");
  const audio = of("AUDIO");
  const image = of("IMAGE", "VIDEO");
  // The details were seen to add up to less than the count (discuss.ai.google.dev 188765).
  return { text, audio, image, other: Math.max(0, (count ?? 0) - text - audio - image) };
}

function cost(of: Tokens, prices: Tokens): number {
  const { text, audio, image, other } = of;
  const price =
    text * prices.text + audio * prices.audio + image * prices.image + other * prices.other;
  return price / 1e6;
}

function add(a: Tokens, b: Tokens): Tokens {
  return {
    text: a.text + b.text,
    audio: a.audio + b.audio,
    image: a.image + b.image,
    other: a.other + b.other,
  };
}

function sum(a: TurnUsage, b: TurnUsage): TurnUsage {
  return {
    input: add(a.input, b.input),
    output: add(a.output, b.output),
    thoughts: a.thoughts + b.thoughts,
    cost: a.cost + b.cost,
  };
}
