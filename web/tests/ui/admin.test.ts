/** The data of the admin dashboard's charts: every figure from the API is in them, once. */
import { readFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import {
  isEmpty,
  latency,
  reasonName,
  refusals,
  refusedInAll,
  spending,
  sum,
  tokens,
  tokensInAll,
} from "../../admin/series.ts";
import type { Overview } from "../../admin/state.ts";
import { admin as words } from "../../site/messages/admin.en.ts";
import { share } from "../../site/format.ts";

type Hour = Overview["hours"][number];

function hour(index: number, told: Partial<Hour> = {}): Hour {
  const start = new Date(Date.UTC(2026, 10, 21, index)).toISOString();
  return {
    start,
    minted: 0,
    refreshed: 0,
    replayed: 0,
    refused: {},
    latency: { p50Ms: null, p95Ms: null },
    ...told,
  };
}

function day(...hours: readonly Hour[]): Overview {
  const unspent = { spentUsd: 0, budgetUsd: null };
  const cost = { today: unspent, month: unspent, days: [], unavailable: null };
  const rest = {
    spending: cost,
    serverTime: "",
    since: "",
    cut: false,
    live: 0,
    liveSessions: [],
    busiest: [],
    trailMissing: false,
  };
  return { ...rest, latency: { p50Ms: null, p95Ms: null }, hours: [...hours] };
}

describe("the admin dashboard's charts", () => {
  test("tokens are told by kind and hour", () => {
    const told = day(hour(0, { minted: 3, refreshed: 2 }), hour(1, { replayed: 1 }));

    expect(tokens(told).series.map(({ values }) => values)).toEqual([
      [3, 0],
      [2, 0],
      [0, 1],
    ]);
    expect(tokensInAll(told)).toBe(5);
  });

  test("reasons come with the most frequent first, and the rest together", () => {
    const told = day(
      hour(0, { refused: { hour: 9, cooldown: 5, sessions: 4, day: 3, blocked: 2, internal: 1 } }),
      hour(1, { refused: { cooldown: 5 } }),
    );

    const { series } = refusals(told);

    expect(series.map(({ name }) => name)).toEqual([
      "Cooldown",
      "Hourly limit",
      "Live sessions",
      "Daily limit",
      words.charts.others,
    ]);
    expect(series.at(-1)?.values).toEqual([3, 0]);
    expect(sum(series.flatMap(({ values }) => values))).toBe(refusedInAll(told));
  });

  test("a reason that nobody knows yet is still told, whatever it is called", () => {
    expect(reasonName("brand-new")).toBe("brand-new");
    expect(reasonName("toString")).toBe("toString");
  });

  test("an hour without a token has no latency, which is not none", () => {
    const told = day(hour(0, { latency: { p50Ms: 80, p95Ms: 200 } }), hour(1));

    expect(latency(told).series.map(({ values }) => values)).toEqual([
      [80, null],
      [200, null],
    ]);
  });

  test("the month is told by the days of UTC, in dollars", () => {
    const told = day(hour(0));
    const days = [
      { day: "2026-11-01", usd: 0 },
      { day: "2026-11-02", usd: 1234.5 },
    ];

    const chart = spending({ ...told, spending: { ...told.spending, days } });

    expect(chart.columns).toEqual(["Nov 1", "Nov 2"]);
    expect(chart.series.map(({ values }) => values)).toEqual([[0, 1234.5]]);
    expect([chart.scale.told(1234.5), chart.scale.tick(1500), chart.scale.tick(0.5)]).toEqual([
      "$1,234.50",
      "$1.5K",
      "$0.5",
    ]);
    expect(isEmpty(spending(told))).toBe(true);
  });

  test("a budget is used up when it is, and no sooner", () => {
    expect([share(0), share(0.4567), share(0.9999), share(1), share(1.2)]).toEqual([
      "0%",
      "45%",
      "99%",
      "100%",
      "120%",
    ]);
  });

  test("a day of nothing is empty", () => {
    expect(isEmpty(tokens(day(hour(0))))).toBe(true);
    expect(isEmpty(latency(day(hour(0))))).toBe(true);
    expect(isEmpty(tokens(day(hour(0, { minted: 1 }))))).toBe(false);
  });

  test("it has the policy of the page where people talk", () => {
    const policy = (name: string): string | undefined =>
      /Content-Security-Policy" content="([^"]+)"/.exec(
        readFileSync(new URL(`../../${name}`, import.meta.url), "utf8"),
      )?.[1];

    expect(policy("admin.html")).toBe(policy("index.html"));
    expect(policy("admin.html")).toContain("default-src 'none'");
  });
});
