/** The admin dashboard on a seeded day: what it shows, what it can stop, and who is refused. */
import { expect, test as base, type Page } from "@playwright/test";

import { findings } from "./axe.ts";
import { tabTo } from "./person.ts";
import { serve, type Served } from "./serve.mjs";
import { Watch } from "./watch.ts";

const PICTURES = process.env["ADMIN_PICTURES"];
const BUDGETS = { LIVE_API_BUDGET_DAY_USD: "10", LIVE_API_BUDGET_MONTH_USD: "250" };
const HASH = /[0-9a-f]{40}/;

const test = base.extend<object, { served: Served }>({
  served: [
    async ({}, use) => {
      const served = await serve({ seed: "support.stores.seeded_day", settings: BUDGETS });
      await use(served);
      served.close();
    },
    { scope: "worker" },
  ],
  baseURL: async ({ served }, use) => use(served.url),
});

// One after the other, because each changes the day for the others.
test.describe.configure({ mode: "default" });

async function enter(page: Page, name = "ada"): Promise<void> {
  await page.goto("/admin.html");
  await page.getByLabel("Your name").fill(name);
  await page.getByRole("button", { name: "Continue" }).click();
  await expect(page.getByRole("heading", { name: "At a glance" })).toBeVisible();
  await expect(page.getByRole("heading", { name: "Tokens by hour" })).toBeVisible();
}

test("a day is seen in figures, charts and tables, in light and dark, on a desktop and a phone", async ({
  page,
}) => {
  const watch = new Watch(page);
  await enter(page);

  for (const [width, height] of [
    [1280, 800],
    [390, 844],
  ] as const) {
    await page.setViewportSize({ width, height });
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      expect(await findings(page), `${width} px, ${colorScheme}`).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      if (PICTURES !== undefined)
        await page.screenshot({ path: `${PICTURES}/admin-${width}-${colorScheme}.png`, fullPage: true });
    }
  }
  expect(watch.said()).toEqual([]);
});

test("a chart and its table tell the same", async ({ page }) => {
  await enter(page);
  const chart = page.getByRole("figure", { name: "Tokens by hour" });

  await chart.getByText("Show as a table").click();

  const cells = await chart.locator("tbody td:nth-child(2)").allTextContents();
  const total = cells.reduce((sum, cell) => sum + Number(cell.replaceAll(",", "")), 0);
  expect(cells).toHaveLength(24);
  expect(total).toBeGreaterThan(300);
  expect(await chart.locator("tfoot td").first().textContent()).toBe(total.toLocaleString("en"));
  expect(await chart.getByRole("img").getAttribute("aria-label")).toContain(
    `New ${total.toLocaleString("en")}`,
  );
  const drawn = await chart
    .locator(".drawn rect.series-0")
    .evaluateAll((bars) => bars.map((bar) => Number(bar.getAttribute("height"))));
  const highest = Math.max(...cells.map(Number));
  cells.forEach((cell, hour) =>
    expect((drawn[hour] ?? 0) / Math.max(...drawn)).toBeCloseTo(Number(cell) / highest, 2),
  );
});

test("what was spent is told against the budget, and the days add up to the month", async ({ page }) => {
  await enter(page);
  const cost = page.getByRole("region", { name: "Cost against budget" });
  const dollars = (text: string | null): number =>
    Number(/\$([\d,.]+)/.exec(text ?? "")?.[1]?.replaceAll(",", ""));

  const today = cost.locator("dl", { hasText: "Today" });
  const month = cost.locator("dl", { hasText: "This month" });
  await expect(today).toContainText(/\$\d+\.\d\d of \$10\.00/);
  await expect(month).toContainText(/\$\d+\.\d\d of \$250\.00/);
  const [spentToday, spentThisMonth] = [
    dollars(await today.locator("dd").first().textContent()),
    dollars(await month.locator("dd").first().textContent()),
  ];
  expect(spentToday).toBeGreaterThan(2);
  await expect(today).toContainText(`${Math.floor(spentToday * 10)}% used`);
  const drawn = Number(await today.locator(".used").getAttribute("width"));
  expect(drawn).toBeCloseTo(spentToday * 10, 0);

  await cost.getByText("Show as a table").click();
  const days = (await cost.locator("tbody td").allTextContents()).map(dollars);
  expect(days).toHaveLength(new Date().getUTCDate());
  expect(days.at(-1)).toBeCloseTo(spentToday, 2);
  expect(days.reduce((sum, day) => sum + day, 0)).toBeCloseTo(spentThisMonth, 0);
  await page.getByLabel("Event").selectOption("BUDGET_WARNED");
  await expect(
    page.getByRole("region", { name: "Audit trail" }).getByText("50 % of the day's budget").first(),
  ).toBeVisible();
});

const NO_BUDGET = { budgetUsd: null };
const COSTS = {
  "without a budget": {
    told: "No budget is set",
    cost: {
      today: { spentUsd: 0, ...NO_BUDGET },
      month: { spentUsd: 12, ...NO_BUDGET },
      days: [{ day: "2026-11-01", usd: 12 }],
      unavailable: null,
    },
  },
  "that is used up": {
    told: "120% used: new sessions are refused",
    cost: {
      today: { spentUsd: 12, budgetUsd: 10 },
      month: { spentUsd: 92, budgetUsd: 100 },
      days: [{ day: "2026-11-01", usd: 92 }],
      unavailable: null,
    },
  },
  "that cannot be read": {
    told: "The cost can’t be loaded right now.",
    cost: {
      today: { spentUsd: null, budgetUsd: 10 },
      month: { spentUsd: null, ...NO_BUDGET },
      days: [],
      unavailable: "store-unavailable",
    },
  },
};

for (const [name, { told, cost }] of Object.entries(COSTS)) {
  test(`a cost ${name} says so`, async ({ page }) => {
    await page.route("**/api/v1/admin/overview", async (route) => {
      const answer = await route.fetch();
      await route.fulfill({
        response: answer,
        json: { ...((await answer.json()) as object), spending: cost },
      });
    });
    await enter(page);

    await expect(
      page.getByRole("region", { name: "Cost against budget" }).getByText(told).first(),
    ).toBeVisible();
    await expect(
      page.getByRole("region", { name: "Cost against budget" }).getByRole("figure"),
    ).toHaveCount(cost.days.length);
    expect(await findings(page)).toEqual([]);
  });
}

test("minting is paused and resumed, and a caller notices", async ({ page, request }) => {
  await enter(page);
  const mint = async (user: string): Promise<number> => {
    const signedIn = (await (
      await request.post("/local/identity/token", { data: { user } })
    ).json()) as { idToken: string };
    return (
      await request.post("/api/v1/live-token", {
        headers: { Authorization: `Bearer ${signedIn.idToken}` },
      })
    ).status();
  };
  expect(await mint("before")).toBe(201);

  const controls = page.getByRole("region", { name: "Controls" });
  await controls.getByLabel("Reason").fill("a bill that grows");
  await controls.getByRole("button", { name: "Pause minting" }).click();

  await expect(controls.getByText("Minting is paused by an admin")).toBeVisible();
  expect(await mint("during")).toBe(503);
  expect(await findings(page)).toEqual([]);
  await controls.getByRole("button", { name: "Resume minting" }).click();
  await expect(controls.getByText("New sessions are allowed.")).toBeVisible();
  expect(await mint("after")).toBe(201);
});

test("a block is lifted, and a user is found, blocked and raised", async ({ page }) => {
  await enter(page);
  const blocks = page.getByRole("region", { name: "Blocks", exact: true });
  await expect(blocks.getByRole("row")).toHaveCount(4);

  const guards = blocks.getByRole("row").filter({ hasText: "hammers" });
  const name = (await guards.getByRole("link").textContent()) ?? "";
  await guards.getByRole("button").click();
  await expect(blocks.getByRole("row")).toHaveCount(3);

  const [hash = ""] = HASH.exec(name) ?? [];
  await page.getByLabel("User hash").fill(hash);
  await page.getByRole("button", { name: "Find" }).click();
  const user = page.getByRole("region", { name: `User ${hash}` });
  await user.getByLabel("Reason").first().fill("resells");
  await user.getByRole("button", { name: "Block" }).click();
  await expect(user.getByText("Blocked until")).toBeVisible();
  await user.getByLabel("Reason").fill("a demo");
  await user.getByLabel("Tier", { exact: true }).selectOption("guest");
  await user.getByRole("button", { name: "Change tier" }).click();
  await expect(user.getByText("Tier guest until")).toBeVisible();
  await expect(blocks.getByRole("row")).toHaveCount(4);
  expect(await findings(page)).toEqual([]);

  await page.getByLabel("Event").selectOption("ADMIN_CHANGED");
  await expect(
    page.getByRole("region", { name: "Audit trail" }).getByText("tier guest for 15 min"),
  ).toBeVisible();
});

test("who is no admin sees nothing", async ({ page }) => {
  await page.route("**/local/identity/token", async (route) => {
    await route.continue({ postData: '{"user": "mallory"}' });
  });
  await page.goto("/admin.html");
  await page.getByLabel("Your name").fill("mallory");
  await page.getByRole("button", { name: "Continue" }).click();

  await expect(page.getByText("This page is for admins only.")).toBeVisible();
  await expect(page.getByRole("heading", { name: "At a glance" })).toHaveCount(0);
  expect(await findings(page)).toEqual([]);
});

test("figures that cannot be read say so, and the controls still work", async ({ page }) => {
  const refused = {
    status: 503,
    contentType: "application/problem+json",
    body: JSON.stringify({ code: "audit-unavailable", status: 503 }),
  };
  await page.route("**/api/v1/admin/overview", async (route) => route.fulfill(refused));
  await page.goto("/admin.html");
  await page.getByLabel("Your name").fill("ada");
  await page.getByRole("button", { name: "Continue" }).click();

  await expect(page.getByRole("region", { name: "At a glance" }).getByRole("alert")).toBeVisible();
  await expect(page.getByRole("button", { name: "Pause minting" })).toBeEnabled();
  expect(await findings(page)).toEqual([]);
});

test("everything is reached and done by the keyboard", async ({ page }) => {
  await page.goto("/admin.html");
  await page.getByLabel("Your name").fill("ada");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Tokens by hour" })).toBeVisible();

  await tabTo(page, page.getByRole("figure", { name: "Tokens by hour" }).getByText("Show as a table"));
  await page.keyboard.press("Enter");
  await expect(page.getByRole("figure", { name: "Tokens by hour" }).getByRole("table")).toBeVisible();
  await tabTo(page, page.locator("a.hash").first());
  await page.keyboard.press("Enter");
  await expect(page.getByRole("region", { name: /^User [0-9a-f]{40}$/ })).toBeVisible();
});
