/** Estimates what a talk costs, from `usageMetadata`. Every turn pays for its whole context. */

import type { ModalityCount, UsageMetadata } from "../wire/facts.ts";

/** Token counts by modality. */
export interface TokenCounts {
  readonly text: number;
  readonly audio: number;
  readonly image: number;
  /** Not assigned to a modality by Gemini; priced as text. */
  readonly other: number;
}

export interface TurnUsage {
  readonly input: TokenCounts;
  readonly output: TokenCounts;
  /** Thinking tokens, priced as text output. */
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
 * US dollars per million tokens, paid tier, for all 3.x Live models (ai.google.dev/pricing, read
 * 2026-10). Search is billed separately.
 */
export const PRICES = {
  input: { text: 0.75, audio: 3, image: 1, other: 0.75 },
  output: { text: 4.5, audio: 12, image: 4.5, other: 4.5 },
  thoughts: 4.5,
} as const;

const MODALITIES = ["text", "audio", "image", "other"] as const;
/** Gemini's names for them. */
const KINDS: Readonly<Record<string, keyof TokenCounts>> = {
  TEXT: "text",
  DOCUMENT: "text",
  AUDIO: "audio",
  IMAGE: "image",
  VIDEO: "image",
};
const NONE: TokenCounts = { text: 0, audio: 0, image: 0, other: 0 };
export const NO_USAGE: TurnUsage = { input: NONE, output: NONE, thoughts: 0, cost: 0 };

export function turnUsage(usage: UsageMetadata): TurnUsage {
  const input = add(
    counts(usage.promptTokensDetails, usage.promptTokenCount),
    counts(usage.toolUsePromptTokensDetails, usage.toolUsePromptTokenCount),
  );
  const output = counts(usage.responseTokensDetails, usage.responseTokenCount);
  const thoughts = usage.thoughtsTokenCount ?? 0;
  const price = cost(input, PRICES.input) + cost(output, PRICES.output);
  return { input, output, thoughts, cost: price + (thoughts * PRICES.thoughts) / 1e6 };
}

/** Adds up the turns of a talk. Within a turn, the last report counts. */
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

function counts(details: readonly ModalityCount[] = [], count = 0): TokenCounts {
  const by = { ...NONE, other: count };
  for (const { modality = "", tokenCount = 0 } of details) {
    const kind = KINDS[modality] ?? "other";
    by[kind] += tokenCount;
    by.other -= tokenCount;
  }
  // The details can add up to less than the total (discuss.ai.google.dev 188765).
  return { ...by, other: Math.max(0, by.other) };
}

function cost(of: TokenCounts, prices: TokenCounts): number {
  return MODALITIES.reduce((sum, kind) => sum + of[kind] * prices[kind], 0) / 1e6;
}

function add(a: TokenCounts, b: TokenCounts): TokenCounts {
  const sum = { ...a };
  for (const kind of MODALITIES) sum[kind] += b[kind];
  return sum;
}

/** The sum of two turns, or two talks. */
export function sum(a: TurnUsage, b: TurnUsage): TurnUsage {
  return {
    input: add(a.input, b.input),
    output: add(a.output, b.output),
    thoughts: a.thoughts + b.thoughts,
    cost: a.cost + b.cost,
  };
}
