/**
 * Tool calls that wait for an answer, each with the connection that made it: that one alone listens
 * to the answer (pipecat 5497).
 */

import type { Fact } from "./facts.ts";

export class OpenCalls {
  /** By the id of the call, the number of the socket. */
  readonly #callers = new Map<string, number>();

  note(socket: number, fact: Fact): void {
    if (fact.fact === "calls") {
      for (const { id } of fact.calls) this.#callers.set(id, socket);
    } else if (fact.fact === "cancelled") {
      for (const id of fact.ids) this.#callers.delete(id);
    }
  }

  /** Who made the call, which is answered by this; 0 if nobody is known. */
  take(id: string): number {
    const caller = this.#callers.get(id) ?? 0;
    this.#callers.delete(id);
    return caller;
  }

  /** How many tools still work, be it for a connection that is gone. */
  get size(): number {
    return this.#callers.size;
  }

  /** Whether a connection waits for an answer. */
  of(socket: number): boolean {
    return [...this.#callers.values()].includes(socket);
  }
}
