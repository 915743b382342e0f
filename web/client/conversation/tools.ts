/**
 * Tools that run in the page. A call is found by name, answered by id, and aborted when Gemini cancels
 * it.
 */

import type { ToolArguments } from "../events.ts";
import type { ToolCall } from "../wire/facts.ts";
import type { FunctionResponse } from "../wire/messages.ts";

export interface ToolContext {
  readonly id: string;
  /** Aborted when Gemini cancels the call, the tool times out, or the talk ends. */
  readonly signal: AbortSignal;
  /** Report progress to the app, as an event; the tool's deadline starts over. */
  readonly progress: (value: unknown) => void;
}

/** Runs in the page. Its return value is sent as JSON; if it throws, Gemini gets the message. */
export type ToolHandler = (args: ToolArguments, context: ToolContext) => unknown;

export interface ToolOptions {
  /** In milliseconds; 20,000 by default. */
  readonly timeoutMs?: number;
  /** When Gemini speaks about the answer; by default, when it is idle. */
  readonly scheduling?: "SILENT" | "WHEN_IDLE" | "INTERRUPT";
}

/** Handlers by the name of their tool. */
export type ToolHandlers = Readonly<
  Record<string, ToolHandler | (ToolOptions & { handler: ToolHandler })>
>;

const TIMEOUT_MS = 20_000;

interface Registered {
  readonly handler: ToolHandler;
  readonly options: ToolOptions;
}

export class Tools {
  readonly #tools = new Map<string, Registered>();
  readonly #running = new Map<string, AbortController>();
  readonly #progress: (call: ToolCall, value: unknown) => void;

  constructor(progress: (call: ToolCall, value: unknown) => void) {
    this.#progress = progress;
  }

  register(name: string, handler: ToolHandler, options: ToolOptions = {}): () => void {
    const registered = { handler, options };
    this.#tools.set(name, registered);
    return () => {
      if (this.#tools.get(name) === registered) this.#tools.delete(name);
    };
  }

  /** Run a tool and return its answer, or null if the call was cancelled meanwhile. Never rejects. */
  async run(call: ToolCall): Promise<FunctionResponse | null> {
    const { id, name } = call;
    const tool = this.#tools.get(name);
    if (tool === undefined) return { id, name, response: { error: `There is no tool ${name}.` } };
    const stop = new AbortController();
    this.#running.set(id, stop);
    const response = await outcome(tool, call, stop, (value) => {
      if (this.#running.get(id) === stop) this.#progress(call, value);
    });
    if (this.#running.get(id) !== stop) return null;
    this.#running.delete(id);
    const { scheduling } = tool.options;
    return { id, name, response, ...(scheduling && { scheduling }) };
  }

  cancel(ids: readonly string[]): void {
    for (const id of ids) {
      this.#running.get(id)?.abort();
      this.#running.delete(id);
    }
  }

  /** The talk has ended, or continues without its memory. */
  cancelAll(): void {
    this.cancel([...this.#running.keys()]);
  }
}

async function outcome(
  { handler, options }: Registered,
  { id, args }: ToolCall,
  stop: AbortController,
  told: (value: unknown) => void,
): Promise<Readonly<Record<string, unknown>>> {
  const late = new Error("The tool took too long.");
  let timer: ReturnType<typeof setTimeout> | undefined;
  const wait = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => stop.abort(late), options.timeoutMs ?? TIMEOUT_MS);
  };
  const progress = (value: unknown): void => {
    wait();
    told(value);
  };
  wait();
  const stopped = new Promise<never>((_, reject) => {
    stop.signal.onabort = () => reject(late); // of what is cancelled nobody hears
  });
  try {
    const work = Promise.resolve().then(() => handler(args, { id, signal: stop.signal, progress }));
    const output = JSON.stringify((await Promise.race([work, stopped])) ?? null);
    return { output: JSON.parse(output) as unknown }; // what is no JSON has failed here
  } catch (error) {
    return { error: String((error as Error | undefined)?.message ?? error) };
  } finally {
    clearTimeout(timer);
  }
}
