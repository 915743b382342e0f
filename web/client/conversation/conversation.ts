/** Turns what Gemini sends into a conversation: transcript, tools, sources, usage. */

import type { Emit } from "../events.ts";
import type { ToolCall } from "../wire/facts.ts";
import type { FunctionResponse } from "../wire/messages.ts";
import type { ToldFact, ToWire } from "../wire/protocol.ts";
import type { TalkUsage } from "./cost.ts";
import { Meter } from "./cost.ts";
import { Tools } from "./tools.ts";
import { Transcript, type TranscriptEntry } from "./transcript.ts";

export class Conversation {
  readonly tools: Tools;
  readonly #emit: Emit;
  readonly #tell: (order: ToWire) => void;
  readonly #transcript: Transcript;
  #meter = new Meter();
  /** Whether there is something to answer, and turns in a row that did not. */
  #asked = false;
  #emptyTurns = 0;

  constructor(emit: Emit, tell: (order: ToWire) => void, now: () => number) {
    this.#emit = emit;
    this.tools = new Tools(({ id, name }, value) => emit("toolprogress", { id, name, value }));
    this.#tell = tell;
    this.#transcript = new Transcript(now, (entry) => {
      tell({ do: "said", entry });
      emit("transcript", { entry });
    });
  }

  get transcript(): readonly TranscriptEntry[] {
    return this.#transcript.entries;
  }

  get usage(): TalkUsage {
    return this.#meter.usage;
  }

  /** Begin a new talk, or continue one with the transcript of `before`. */
  begin(before: readonly TranscriptEntry[] = []): void {
    this.#transcript.begin(before);
    this.#meter = new Meter();
  }

  /**
   * The connection was replaced. A sentence under way is repeated from its beginning; tools work on, so
   * that none has to be called twice.
   */
  reconnected(): void {
    this.#transcript.settle("user");
  }

  /** A tool's answer has been sent. */
  answered({ id, name, response }: FunctionResponse, delivered: boolean): void {
    const error = response.error as string | undefined;
    this.#emit("toolresult", { id, name, ok: error === undefined, delivered, error });
  }

  end(): void {
    this.#endTurn();
    this.tools.cancelAll();
  }

  /** Send text. */
  write(words: string): void {
    this.#tell({ do: "write", entry: this.#typed("text", words) });
  }

  /** Send an image, as a JPEG. */
  show(jpeg: Uint8Array): void {
    this.#typed("image", "");
    this.#tell({ do: "picture", jpeg });
  }

  hear(fact: ToldFact): void {
    switch (fact.fact) {
      case "interrupted":
        this.#transcript.settle("user");
        this.#transcript.settle("model", true);
        return this.#emit("interrupted", {});
      case "wrote":
        return this.#transcript.add("model", "text", fact.text, false);
      case "said":
        if (fact.who === "user") this.#asked = true;
        this.#transcript.add(fact.who, "speech", fact.text, fact.interim);
        if (fact.finished) this.#transcript.settle(fact.who);
        return;
      case "sources":
        return this.#emit("sources", { queries: fact.queries, sources: fact.sources });
      case "calls":
        for (const call of fact.calls) void this.#call(call);
        return;
      case "cancelled":
        this.tools.cancel(fact.ids);
        return this.#emit("toolcancel", { ids: fact.ids });
      case "usage":
        this.#meter.report(fact.usage);
        return this.#emit("usage", this.#meter.usage);
      case "turn":
        this.#endTurn(fact.cut);
        return this.#countEmpty(fact);
      case "goAway":
        return this.#emit("goaway", { timeLeftMs: fact.timeLeftMs });
      default:
        fact satisfies { fact: "generated" | "handle" };
    }
  }

  #typed(kind: "text" | "image", words: string): TranscriptEntry {
    const entry = this.#transcript.typed(kind, words);
    this.#asked = true;
    this.#emit("transcript", { entry });
    return entry;
  }

  #countEmpty({ reason = "", empty = false }: ToldFact & { fact: "turn" }): void {
    if (!empty) this.#emptyTurns = 0;
    else if (this.#asked) this.#emit("emptyturn", { reason, inARow: (this.#emptyTurns += 1) });
    this.#asked = false;
  }

  #endTurn(cut = false): void {
    this.#transcript.settle("user");
    this.#transcript.settle("model", cut);
    this.#meter.endTurn();
  }

  async #call(call: ToolCall): Promise<void> {
    this.#emit("toolcall", call);
    const response = await this.tools.run(call);
    if (response !== null) this.#tell({ do: "answer", response });
  }
}
