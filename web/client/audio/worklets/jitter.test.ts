import { expect, test } from "vitest";
import { Player } from "./player.ts";

const RATE = 48_000;
const BLOCK = 128;
const CHUNK_MS = 100;

/** A seeded random number generator, 0 to 1. */
function chances(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 0x7fffffff) / 0x7fffffff;
}

/** Play a minute that arrives in real time, each chunk up to `jitterMs` late; return the gaps. */
function gaps(jitterMs: number, seed: number): { early: number; late: number } {
  const player = new Player(RATE);
  const chance = chances(seed);
  const tone = new Int16Array(24 * CHUNK_MS).fill(8192);
  const block = new Float32Array(BLOCK);
  const found = { early: 0, late: 0 };
  let arrivesMs = 0;
  let sent = 0;
  let wasHeard = false;
  for (let at = 0; at < 60 * RATE; at += BLOCK) {
    const nowMs = (at * 1000) / RATE;
    while (sent < 600 && arrivesMs <= nowMs) {
      player.push(tone);
      sent += 1;
      arrivesMs = Math.max(arrivesMs, sent * CHUNK_MS + chance() * jitterMs);
    }
    player.render(block);
    const heard = (block[BLOCK - 1] ?? 0) > 0.1;
    if (wasHeard && !heard) found[nowMs < 15_000 ? "early" : "late"] += 1;
    wasHeard = heard;
  }
  return found;
}

/** Rendering minutes of sound takes a second or two, and longer on a busy machine. */
const PATIENT_MS = 60_000;

test("sound that comes just in time has no gap once that was learnt", { timeout: PATIENT_MS }, () => {
  const { early, late } = gaps(0, 1);

  expect(early).toBeLessThanOrEqual(1);
  expect(late).toBe(0);
});

test.each([1, 2, 3])(
  "sound that comes up to 160 ms late has hardly a gap, seed %i",
  { timeout: PATIENT_MS },
  (seed) => {
    expect(gaps(160, seed).late).toBeLessThanOrEqual(1);
  },
);
