/** The page's end of the wire: a worker and its messages. */

import { LiveError } from "../errors.ts";
import { scriptUrl } from "../script-url.ts";
import type { ToWire, WireNews, WireStats } from "./protocol.ts";
import workerUrl from "./wire.worker.ts?worker&url";

/** A worker that takes longer was not found or not allowed. */
const WARM_MS = 10_000;

export class WireEnd {
  readonly #worker: Worker;

  private constructor(worker: Worker, hear: (message: WireNews) => void) {
    this.#worker = worker;
    worker.onmessage = ({ data }: MessageEvent<WireNews>) => hear(data);
    // What it was about to do it will not do; without a word, the talk would wait for it for ever.
    worker.onerror = ({ message: detail }) =>
      hear({ is: "news", news: { is: "failed", error: { code: "internal", detail } }, tookMs: 0 });
  }

  /**
   * Start the worker. Rejects with `unsupported` where there are no module workers, or a policy forbids
   * this one.
   */
  static async create(hear: (message: WireNews) => void): Promise<WireEnd> {
    const worker = new Worker(scriptUrl(workerUrl), { type: "module" });
    try {
      await new Promise((resolve, reject) => {
        worker.onmessage = resolve;
        worker.onerror = reject;
        setTimeout(reject, WARM_MS);
      });
    } catch {
      worker.terminate();
      throw new LiveError("unsupported", { detail: "worker" });
    }
    return new WireEnd(worker, hear);
  }

  tell(message: ToWire, transfer: Transferable[] = []): void {
    this.#worker.postMessage(message, transfer);
  }

  async stats(): Promise<WireStats | null> {
    const { port1, port2 } = new MessageChannel();
    this.tell({ do: "stats", to: port2 }, [port2]);
    return new Promise((resolve) => {
      port1.onmessage = ({ data }: MessageEvent<WireStats | null>) => resolve(data);
    });
  }

  terminate(): void {
    this.#worker.terminate();
  }
}
