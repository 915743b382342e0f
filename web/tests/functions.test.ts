/** The file in which an operator answers functions of their own. */
import { readFileSync } from "node:fs";

import { afterEach, expect, test, vi } from "vitest";

import type { LiveApi, ToolContext, ToolHandlers } from "../client/index.ts";
import { toolHandlers } from "../page/talk/tools.ts";

const api = { weather: async () => "sunny" } as unknown as LiveApi;
const context = {
  id: "1",
  signal: new AbortController().signal,
  progress: () => {},
} satisfies ToolContext;
const told = vi.spyOn(console, "error").mockImplementation(() => {});
afterEach(() => told.mockClear());

function call(handlers: ToolHandlers, name: string, args = {}): unknown {
  const handler = handlers[name];
  return typeof handler === "function" ? handler(args, context) : handler?.handler(args, context);
}

test("the file is not loaded where nothing of the operator's is declared", async () => {
  const load = vi.fn();

  const handlers = await toolHandlers(api, ["google_search", "get_weather"], load);

  expect(load).not.toHaveBeenCalled();
  expect(await call(handlers, "get_weather", { place: "Berlin" })).toBe("sunny");
});

test("what the file exports answers, plain or with its options, and nobody is told", async () => {
  const own = { open_door: () => "open", report: { timeoutMs: 9, handler: () => "written" } };

  const handlers = await toolHandlers(api, ["open_door", "report"], async () => ({ default: own }));

  expect(call(handlers, "open_door")).toBe("open");
  expect(handlers["report"]).toBe(own.report);
  expect(told).not.toHaveBeenCalled();
});

test("a function that it does not answer is told at once, and again when Gemini calls it", async () => {
  const own = { default: { open_door: () => "open", report: "no handler" } };

  const handlers = await toolHandlers(api, ["open_door", "report", "toString"], async () => own);
  expect(told.mock.calls).toEqual([["Livepass: functions.js does not answer report, toString."]]);

  expect(() => call(handlers, "report")).toThrow("There is no tool report.");
  expect(told).toHaveBeenLastCalledWith(
    "Livepass: Gemini called report, which functions.js does not answer.",
  );
});

test("a file that cannot be loaded takes no other tool along", async () => {
  const handlers = await toolHandlers(api, ["open_door"], async () => Promise.reject(new Error("404")));

  expect(told).toHaveBeenCalledWith("Livepass: functions.js cannot be loaded: Error: 404");
  expect(await call(handlers, "get_weather", { place: "Berlin" })).toBe("sunny");
  expect(() => call(handlers, "open_door")).toThrow("There is no tool open_door.");
});

test("a built-in tool is not taken over, and a file without an export answers nothing", async () => {
  const own = { default: { get_weather: () => "rain" } };

  const handlers = await toolHandlers(api, ["open_door"], async () => own);
  const none = await toolHandlers(api, ["open_door"], async () => ({}));

  expect(await call(handlers, "get_weather", { place: "Berlin" })).toBe("sunny");
  expect(() => call(none, "open_door")).toThrow("There is no tool open_door.");
});

test("the file that we ship answers nothing", async () => {
  const source = readFileSync(new URL("../public/functions.js", import.meta.url), "utf8");

  const { default: shipped } = (await import(`data:text/javascript,${encodeURIComponent(source)}`)) as {
    default: unknown;
  };

  expect(shipped).toEqual({});
});
