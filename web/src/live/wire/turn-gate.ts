/** Keeps sound of an interrupted turn from being heard after the interruption. */

import type { Fact } from "./facts.ts";

/** Sound later than this is of a new turn, should the end of the old one never be told. */
const LATE_MS = 1000;

export class TurnGate {
  #shutUntil = 0;
  /** Whether sound came since the last turn ended: else there is nothing to interrupt. */
  #sounding = false;

  get sounding(): boolean {
    return this.#sounding;
  }

  /** Be deaf to the rest of this turn, because of us: there is no limit of time. */
  hush(): void {
    if (this.#sounding) this.#shutUntil = Number.POSITIVE_INFINITY;
  }

  /** Take note of a fact, and say whether it is to be passed on. `nowMs` never runs backwards. */
  passes(fact: Fact, nowMs: number): boolean {
    switch (fact.fact) {
      case "sound":
        if (nowMs < this.#shutUntil) return false;
        this.#sounding = true;
        return true;
      case "interrupted": {
        // Spurious after generationComplete when activityStart follows (langwatch/scenario 360).
        const heard = this.#sounding;
        this.#shutUntil = nowMs + LATE_MS;
        this.#sounding = false;
        return heard;
      }
      case "turn":
        this.#shutUntil = 0;
        this.#sounding = false;
        return true;
      default:
        return true;
    }
  }
}
