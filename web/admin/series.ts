/** A day's figures -> what a chart draws. Pure. */
import { count, dayOfMonth, dollars, dollarsInShort, timeOfDay } from "../site/format.ts";
import { admin as words } from "../site/messages/admin.en.ts";
import type { Overview } from "./state.ts";

export interface Series {
  readonly name: string;
  /** One for each column; null where there is nothing to tell. */
  readonly values: readonly (number | null)[];
}

export interface Chart {
  readonly kind: "bars" | "lines";
  /** What the columns are: hours, or days. */
  readonly head: string;
  /** Each as people read it. */
  readonly columns: readonly string[];
  readonly series: readonly Series[];
  /** A value as people read it; beside the axis, where there is little room; and the least that is drawn as high as can be. */
  readonly scale: {
    readonly told: (value: number) => string;
    readonly tick: (value: number) => string;
    readonly least: number;
  };
}

const COUNTS: Chart["scale"] = {
  told: (value) => count(Math.round(value)),
  tick: (value) => (Number.isInteger(value) ? count(value) : ""),
  least: 1,
};
const MONEY: Chart["scale"] = { told: dollars, tick: dollarsInShort, least: 0.01 };

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
