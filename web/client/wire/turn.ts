/**
 * Gemini's turn: its sound on the way to the speaker, whether it goes on, and whether all of it is
 * here. Keeps sound of an interrupted turn from being heard after the interruption.
 */

import type { ToPlay } from "../audio/worklets/ports.ts";
import type { Fact } from "./facts.ts";

/** Sound later than this is of a new turn, should the end of the old one never be told. */
const LATE_MS = 1000;

export class Turn {
  readonly #speaker: Pick<MessagePort, "postMessage">;
  #shutUntilMs = 0;
  /** Whether sound came since the last turn ended: else there is nothing to interrupt. */
  #sounding = false;
  #busy = false;
  #generated = false;

  constructor(speaker: Pick<MessagePort, "postMessage">) {
    this.#speaker = speaker;
  }

  /** Whether Gemini speaks, calls tools, or has more to say. */
  get busy(): boolean {
    return this.#busy;
  }

  /** Take note of a fact, and say whether it is to be told. `nowMs` never runs backwards. */
  take(fact: Fact, nowMs: number): boolean {
    switch (fact.fact) {
      case "sound":
        if (nowMs >= this.#shutUntilMs) this.#sound(fact.pcm);
        return false;
      case "wrote":
      case "calls":
        this.#busy = true;
        return true;
      case "interrupted": {
        // Spurious after generationComplete when activityStart follows (langwatch/scenario 360).
        const heard = this.#sounding;
        this.#shutUntilMs = nowMs + LATE_MS;
        this.#sounding = false;
        if (heard) this.#play("flush");
        return heard;
      }
      case "generated":
        this.#generated = true;
        this.#play("end");
        return true;
      case "turn":
        this.#end();
        return true;
      default:
        return true;
    }
  }

  /** Be deaf to the rest of this turn, because of us: there is no limit of time. */
  hush(): void {
    if (this.#sounding) this.#shutUntilMs = Number.POSITIVE_INFINITY;
    this.#play("flush");
  }

  /** Nothing more will come of it; what is here is heard. Returns how it is told. */
  cut(): Fact & { fact: "turn" } {
    const cut = !this.#generated;
    this.#end();
    return { fact: "turn", cut };
  }

  /** Throw away what was not heard. */
  flush(): void {
    this.#play("flush");
  }

  #sound(pcm: ArrayBuffer): void {
    this.#busy = this.#sounding = true;
    this.#play(pcm);
  }

  #end(): void {
    this.#shutUntilMs = 0;
    this.#sounding = this.#busy = this.#generated = false;
    this.#play("end");
  }

  #play(toPlay: ToPlay): void {
    this.#speaker.postMessage(toPlay, typeof toPlay === "string" ? [] : [toPlay]);
  }
}
