/** A day's figures -> what a chart draws. Pure. */
import { admin as words } from "../messages/admin.en.ts";
import type { Overview } from "./state.ts";

export interface Series {
  readonly name: string;
  /** One for each hour; null where there is nothing to tell. */
  readonly values: readonly (number | null)[];
}

export interface Chart {
  readonly kind: "bars" | "lines";
  /** When each hour starts, RFC 3339. */
  readonly hours: readonly string[];
  readonly series: readonly Series[];
}

/** More reasons than these are told together: nobody tells seven colours apart. */
const REASONS = 4;

export function tokens({ hours }: Overview): Chart {
  return bars(hours, [
    { name: words.charts.minted, values: hours.map(({ minted }) => minted) },
    { name: words.charts.refreshed, values: hours.map(({ refreshed }) => refreshed) },
    { name: words.charts.replayed, values: hours.map(({ replayed }) => replayed) },
  ]);
}

/** By reason, the most frequent first. */
export function refusals({ hours }: Overview): Chart {
  const sums = new Map<string, number>();
  for (const { refused } of hours) {
    for (const [reason, count] of Object.entries(refused)) sums.set(reason, (sums.get(reason) ?? 0) + count);
  }
  const reasons = [...sums].sort(([a, most], [b, least]) => least - most || a.localeCompare(b)).map(([reason]) => reason);
  const rest = reasons.slice(REASONS);
  const named = reasons.slice(0, REASONS).map((reason) => ({
    name: reasonName(reason),
    values: hours.map(({ refused }) => refused[reason] ?? 0),
  }));
  if (rest.length === 0) return bars(hours, named);
  const others = hours.map(({ refused }) => sum(rest.map((reason) => refused[reason] ?? 0)));
  return bars(hours, [...named, { name: words.charts.others, values: others }]);
}

export function latency({ hours }: Overview): Chart {
  return {
    kind: "lines",
    hours: hours.map(({ start }) => start),
    series: [
      { name: words.charts.p50, values: hours.map((hour) => hour.latency.p50Ms) },
      { name: words.charts.p95, values: hours.map((hour) => hour.latency.p95Ms) },
    ],
  };
}

export function isEmpty({ series }: Chart): boolean {
  return series.every(({ values }) => values.every((value) => value === null || value === 0));
}

export function tokensInAll({ hours }: Overview): number {
  return sum(hours.map(({ minted, refreshed }) => minted + refreshed));
}

export function refusedInAll({ hours }: Overview): number {
  return sum(hours.flatMap(({ refused }) => Object.values(refused)));
}

export function reasonName(reason: string): string {
  const names: Readonly<Record<string, string>> = words.reasons;
  return Object.hasOwn(names, reason) ? (names[reason] ?? reason) : reason;
}

function bars(hours: Overview["hours"], series: readonly Series[]): Chart {
  return { kind: "bars", hours: hours.map(({ start }) => start), series };
}

export function sum(values: readonly (number | null)[]): number {
  return values.reduce<number>((all, value) => all + (value ?? 0), 0);
}
