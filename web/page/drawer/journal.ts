/** Records what happened and how long it took, for the developers' drawer, with tokens removed. */
import type { Latency, WireEvent } from "../shell/state.ts";
import type { Store } from "../shell/store.ts";

const KEPT = 200;
const TOKEN = /auth_tokens(?:\/|%2F)[\w.~%-]+|eyJ[\w-]+\.[\w-]+\.[\w-]*/gi;

export class Journal {
  readonly #latencies = new Latencies();
  #events: readonly WireEvent[] = [];
  #count = 0;
  #since: number | undefined;
  #asked: number | undefined;

  constructor(private readonly store: Store) {}

  note(what: string, detail?: unknown): void {
    this.#count += 1;
    const event = { id: this.#count, atMs: Date.now(), what, detail: safe(detail) };
    this.#events = [...this.#events, event].slice(-KEPT);
    this.#show();
  }

  took(name: string, ms: number): void {
    this.#latencies.add(name, ms);
    this.#show();
  }

  startedTalk(): void {
    this.#since = performance.now();
  }

  /** Time from one state to the next: how long the microphone, the pass and the setup took. */
  moved(from: string, to: string): void {
    const now = performance.now();
    const named: Readonly<Record<string, string>> = {
      asking: "microphone",
      authorizing: "pass",
      connecting: "setup",
    };
    const name = named[from];
    if (this.#since !== undefined && name !== undefined && to !== "failed")
      this.#latencies.add(name, now - this.#since);
    this.#since = now;
    if (from !== to) this.note(`${from} → ${to}`);
  }

  /** Text was sent: start timing until the first sound of the answer. */
  asked(): void {
    this.#asked = performance.now();
  }

  heard(playing: boolean): void {
    if (playing && this.#asked !== undefined)
      this.took("text to sound", performance.now() - this.#asked);
    if (playing) this.#asked = undefined;
    this.note(playing ? "sound starts" : "sound ends");
  }

  clear(): void {
    this.#events = [];
    this.#show();
  }

  shown(): {
    readonly events: readonly WireEvent[];
    readonly latencies: ReturnType<Latencies["summary"]>;
  } {
    return { events: this.#events, latencies: this.#latencies.summary() };
  }

  #show(): void {
    if (this.store.signedIn?.drawer !== undefined) this.store.change({ drawer: this.shown() });
  }
}

/** As JSON, shortened, with anything that looks like a token removed. */
export function safe(detail: unknown): string {
  if (detail === undefined) return "";
  const text = detail instanceof Error ? detail.message : JSON.stringify(detail);
  const plain = (text ?? "").replaceAll(TOKEN, "[token]");
  return plain === "{}" ? "" : plain.slice(0, 300);
}

/** Latencies by name: the last, the median and the 95th percentile. */
export class Latencies {
  readonly #times = new Map<string, number[]>();

  add(name: string, tookMs: number): void {
    this.#times.set(name, [...(this.#times.get(name) ?? []), tookMs].slice(-KEPT));
  }

  summary(): readonly Latency[] {
    return [...this.#times].map(([name, times]) => {
      const sorted = [...times].sort((a, b) => a - b);
      return {
        name,
        lastMs: times.at(-1) ?? 0,
        p50Ms: centile(sorted, 0.5),
        p95Ms: centile(sorted, 0.95),
      };
    });
  }
}

/** By the nearest-rank method. */
function centile(sorted: readonly number[], part: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? 0;
}
