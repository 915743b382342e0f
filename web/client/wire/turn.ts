/**
 * Gemini's turn: passes its sound to the speaker, and knows whether it continues and whether it is
 * complete. After an interruption, drops the rest of the interrupted turn.
 */

import type { ToPlay } from "../audio/worklets/ports.ts";
import type { Fact } from "./facts.ts";
import type { ToldFact } from "./protocol.ts";

type TurnFact = Fact & { fact: "turn" };
/** What a turn is not empty with. */
const OF_A_TURN: ReadonlySet<Fact["fact"]> = new Set([
  "sound",
  "wrote",
  "said",
  "calls",
  "sources",
  "interrupted",
]);

/** Later sound belongs to a new turn, in case the end of the old one is never announced. */
const LATE_MS = 1000;

export class Turn {
  readonly #speaker: Pick<MessagePort, "postMessage">;
  #shutUntilMs = 0;
  /** Whether there was sound since the last turn ended; otherwise there is nothing to interrupt. */
  #sounding = false;
  #busy = false;
  #generated = false;
  #voiced = false;
  /** Text beside the voice is reasoning (mastra 17021); the answer only where there was no voice. */
  #written = "";
  #empty = true;

  constructor(speaker: Pick<MessagePort, "postMessage">) {
    this.#speaker = speaker;
  }

  /** Whether Gemini is speaking, calling tools, or has more to say. */
  get busy(): boolean {
    return this.#busy;
  }

  /** Take a fact, and return whether to pass it on. `nowMs` is monotonic. */
  take(fact: Exclude<Fact, TurnFact>, nowMs: number): boolean {
    if (OF_A_TURN.has(fact.fact) && !("who" in fact && fact.who === "user")) this.#empty = false;
    switch (fact.fact) {
      case "sound":
        this.#voiced = true;
        if (nowMs >= this.#shutUntilMs) this.#sound(fact.pcm);
        return false;
      case "wrote":
        this.#busy = true;
        this.#written += fact.text;
        return false;
      case "calls":
        this.#busy = true;
        return true;
      case "interrupted": {
        // Spurious after generationComplete when activityStart follows (langwatch/scenario#360).
        const heard = this.#sounding;
        // With nothing to interrupt, or nothing left of it, what follows is the next turn.
        if (heard && !this.#generated) this.#shutUntilMs = nowMs + LATE_MS;
        this.#sounding = false;
        if (heard) this.#play("flush");
        return heard;
      }
      case "generated":
        this.#generated = true;
        this.#shutUntilMs = 0; // what was hushed is all here, so that what follows is the next one
        this.#play("end");
        return true;
      default:
        return true;
    }
  }

  /** Drop the rest of this turn, however long it takes. */
  hush(): void {
    if (this.#sounding) this.#shutUntilMs = Number.POSITIVE_INFINITY;
    this.#play("flush");
  }

  /** End the turn. Returns the facts to pass on: text comes first, if nothing was spoken. */
  end(fact: TurnFact): ToldFact[] {
    const wrote = this.#voiced ? "" : this.#written;
    const empty = this.#empty && fact.reason !== undefined;
    this.#end();
    return [
      ...(wrote === "" ? [] : [{ fact: "wrote", text: wrote } as const]),
      empty ? { ...fact, empty } : fact,
    ];
  }

  /** End a turn whose connection is gone; what has arrived is still played. */
  cut(): ToldFact[] {
    return this.end({ fact: "turn", cut: !this.#generated });
  }

  /** Discard what was not played yet. */
  flush(): void {
    this.#play("flush");
  }

  #sound(pcm: ArrayBuffer): void {
    this.#busy = this.#sounding = true;
    this.#generated = false;
    this.#play(pcm);
  }

  #end(): void {
    this.#shutUntilMs = 0;
    this.#sounding = this.#busy = this.#generated = this.#voiced = false;
    this.#written = "";
    this.#empty = true;
    this.#play("end");
  }

  #play(toPlay: ToPlay): void {
    this.#speaker.postMessage(toPlay, typeof toPlay === "string" ? [] : [toPlay]);
  }
}
