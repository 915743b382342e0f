import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Watcher } from "./watcher.ts";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

/** A watcher on a network with this much unsent, and when it requested frames, in seconds. */
function watch(): { watcher: Watcher; network: { bytes: number }; looks: number[] } {
  const network: { bytes: number } = { bytes: 0 };
  const looks: number[] = [];
  const began = performance.now();
  const watcher = new Watcher({
    look: () => looks.push((performance.now() - began) / 1000),
    bufferedBytes: () => network.bytes,
    send: () => {},
  });
  return { watcher, network, looks };
}

test("it looks once a second", () => {
  const { watcher, looks } = watch();

  watcher.watch(true);
  vi.advanceTimersByTime(3500);
  watcher.watch(false);
  vi.advanceTimersByTime(3500);

  expect(looks).toEqual([0, 1, 2, 3]);
});

test("it looks less often while the network does not keep up, and comes back", () => {
  const { watcher, network, looks } = watch();
  network.bytes = 1e6;
  watcher.watch(true);
  vi.advanceTimersByTime(10_000);
  const [during] = [looks.length];
  network.bytes = 0;

  vi.advanceTimersByTime(40_000);

  expect(during).toBe(0);
  const [before, last] = looks.slice(-2);
  expect((last ?? 0) - (before ?? 0)).toBeCloseTo(1, 1);
});

test("it does not look while there is no connection", () => {
  const { watcher, network, looks } = watch();
  network.bytes = Infinity;

  watcher.watch(true);
  vi.advanceTimersByTime(10_000);

  expect(looks).toEqual([]);
});
