/** Turns a day's figures into chart data. Pure. */
import { count, dayOfMonth, dollars, dollarsInShort, timeOfDay } from "../site/format.ts";
import { admin as words } from "../site/messages/admin.en.ts";
import type { Overview } from "./state.ts";

export interface Series {
  readonly name: string;
  /** One value per column; null where there is none. */
  readonly values: readonly (number | null)[];
}

export interface Chart {
  readonly kind: "bars" | "lines";
  /** What a column is: an hour, or a day. */
  readonly head: string;
  /** Column labels, for people. */
  readonly columns: readonly string[];
  readonly series: readonly Series[];
  readonly scale: {
    /** Formats a value for people. */
    readonly told: (value: number) => string;
    /** Formats a value on the axis, where there is little room; empty for no label. */
    readonly tick: (value: number) => string;
    /** The top of the axis is never below this. */
    readonly least: number;
  };
}

const COUNTS: Chart["scale"] = {
  told: (value) => count(Math.round(value)),
  tick: (value) => (Number.isInteger(value) ? count(value) : ""),
  least: 1,
};
const MONEY: Chart["scale"] = { told: dollars, tick: dollarsInShort, least: 0.01 };

/** Further reasons are shown together, because nobody can tell seven colours apart. */
const REASONS = 4;

export function tokens({ hours }: Overview): Chart {
  return bars(hours, [
    { name: words.charts.minted, values: hours.map(({ minted }) => minted) },
    { name: words.charts.refreshed, values: hours.map(({ refreshed }) => refreshed) },
    { name: words.charts.replayed, values: hours.map(({ replayed }) => replayed) },
  ]);
}

/** By reason, most frequent first. */
export function refusals({ hours }: Overview): Chart {
  const sums = new Map<string, number>();
  for (const { refused } of hours) {
    for (const [reason, count] of Object.entries(refused))
      sums.set(reason, (sums.get(reason) ?? 0) + count);
  }
  const reasons = [...sums]
    .sort(([a, most], [b, least]) => least - most || a.localeCompare(b))
    .map(([reason]) => reason);
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
    ...byHour(hours),
    scale: COUNTS,
    series: [
      { name: words.charts.p50, values: hours.map((hour) => hour.latency.p50Ms) },
      { name: words.charts.p95, values: hours.map((hour) => hour.latency.p95Ms) },
    ],
  };
}

/** The month so far, by day. */
export function spending({ spending: { days } }: Overview): Chart {
  return {
    kind: "bars",
    head: words.day,
    columns: days.map(({ day }) => dayOfMonth(day)),
    series: [{ name: words.cost.spent, values: days.map(({ usd }) => usd) }],
    scale: MONEY,
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
  return { kind: "bars", ...byHour(hours), series, scale: COUNTS };
}

function byHour(hours: Overview["hours"]): Pick<Chart, "head" | "columns"> {
  return { head: words.hour, columns: hours.map(({ start }) => timeOfDay(start)) };
}

export function sum(values: readonly (number | null)[]): number {
  return values.reduce<number>((all, value) => all + (value ?? 0), 0);
}
