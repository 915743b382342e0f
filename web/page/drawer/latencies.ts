/** How long things took, for the developer drawer: of each the last, the median and the 95th centile. */
export interface Latency {
  readonly name: string;
  readonly lastMs: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
}

const KEPT = 200;

export class Latencies {
  readonly #times = new Map<string, number[]>();

  add(name: string, tookMs: number): void {
    this.#times.set(name, [...(this.#times.get(name) ?? []), tookMs].slice(-KEPT));
  }

  summary(): readonly Latency[] {
    return [...this.#times].map(([name, times]) => {
      const sorted = [...times].sort((a, b) => a - b);
      return { name, lastMs: times.at(-1) ?? 0, p50Ms: centile(sorted, 0.5), p95Ms: centile(sorted, 0.95) };
    });
  }
}

/** Nearest rank. */
function centile(sorted: readonly number[], part: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? 0;
}
