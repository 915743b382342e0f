import { afterEach, describe, expect, test, vi } from "vitest";
import { Chunker } from "./chunker.ts";
import { Gate } from "./gate.ts";
import { CLEAN_MS, JitterBuffer, LIMIT_MS } from "./jitter-buffer.ts";
import { loudness, toPcm } from "./pcm.ts";
import { PcmQueue } from "./pcm-queue.ts";
import { Player } from "./player.ts";
import type { Captured, CaptureOrder } from "./ports.ts";
import { Resampler } from "./resample.ts";

const BLOCK = 128;

function sine(hz: number, rate: number, seconds: number): Float32Array {
  return Float32Array.from({ length: rate * seconds }, (_, i) =>
    Math.sin((2 * Math.PI * hz * i) / rate),
  );
}

function resampled(input: Float32Array, from: number, to: number): Float32Array {
  const resampler = new Resampler(from, to);
  const all: number[] = [];
  const block = new Float32Array(1024);
  for (let at = 0; at < input.length; at += BLOCK) {
    const part = input.subarray(at, at + BLOCK);
    all.push(...block.subarray(0, resampler.process(part, part.length, block)));
  }
  return Float32Array.from(all);
}

/** The amplitude of one frequency in 0.8 s of sound, and the RMS of everything else. */
function analyse(sound: Float32Array, hz: number, rate: number): { tone: number; noise: number } {
  const samples = sound.subarray(sound.length - Math.round(0.8 * rate));
  const wave = (at: number, of: (phase: number) => number): number => of((2 * Math.PI * hz * at) / rate);
  let re = 0;
  let im = 0;
  for (const [at, sample] of samples.entries()) {
    re += (2 * sample * wave(at, Math.cos)) / samples.length;
    im += (2 * sample * wave(at, Math.sin)) / samples.length;
  }
  const rest = samples.map((s, at) => s - re * wave(at, Math.cos) - im * wave(at, Math.sin));
  return { tone: Math.hypot(re, im), noise: rms(rest) };
}

const rms = (samples: Float32Array): number =>
  Math.sqrt(samples.reduce((sum, s) => sum + s * s, 0) / samples.length);

describe("the resampler", () => {
  test.each([48_000, 44_100, 96_000, 16_000, 8_000])("keeps a 1 kHz tone of %i Hz", (rate) => {
    const out = resampled(sine(1000, rate, 1), rate, 16_000);

    expect(analyse(out, 1000, 16_000).tone).toBeCloseTo(1, 2);
    expect(Math.abs(out.length - 16_000)).toBeLessThan(60);
  });

  test.each([48_000, 44_100])("keeps 12 kHz of %i Hz out of a 16 kHz stream", (rate) => {
    const out = resampled(sine(12_000, rate, 1), rate, 16_000);

    expect(rms(out.subarray(100))).toBeLessThan(0.002);
  });

  test.each([44_100, 48_000])("adds nothing audible going up to %i Hz", (rate) => {
    const out = resampled(sine(1000, 24_000, 1), 24_000, rate);

    expect(analyse(out, 1000, rate).noise).toBeLessThan(0.001);
  });

  test("asks for exactly what it needs", () => {
    const resampler = new Resampler(24_000, 44_100);
    const output = new Float32Array(BLOCK);
    const input = new Float32Array(BLOCK);

    for (let i = 0; i < 1000; i++) {
      const written = resampler.process(input, resampler.needs(BLOCK), output);
      expect(written).toBe(BLOCK);
    }
  });
});

describe("samples", () => {
  test("never wrap", () => {
    expect([2, 1, 0, -1, -2].map(toPcm)).toEqual([32767, 32767, 0, -32768, -32768]);
    expect(loudness(new Int16Array(10).fill(-32768))).toBe(1);
  });

  test("are cut into chunks, and the rest is not lost", () => {
    const chunker = new Chunker(320);
    const chunks: number[] = [];

    for (let i = 0; i < 10; i++) {
      chunker.take(new Float32Array(BLOCK), BLOCK, (chunk) => chunks.push(chunk.length));
    }

    expect(chunks).toEqual([320, 320, 320, 320]);
    expect(chunker.rest()).toBeNull();
    chunker.take(new Float32Array(7), 7, () => {});
    expect(chunker.rest()?.length).toBe(7);
  });

  test("wait in a queue in their order, with silence after the last", () => {
    const queue = new PcmQueue();
    queue.push(Int16Array.of(1, 2, 3));
    queue.push(Int16Array.of(4));
    const target = new Float32Array(6).fill(9);

    queue.pull(target, 2);
    expect(Array.from(target.subarray(0, 2), (s) => s * 32768)).toEqual([1, 2]);
    queue.pull(target, 6);

    expect(Array.from(target, (s) => s * 32768)).toEqual([3, 4, 0, 0, 0, 0]);
    expect(queue.length).toBe(0);
  });
});

describe("the jitter buffer", () => {
  test("holds nothing back at first", () => {
    expect(new JitterBuffer().plays(1, false, 3)).toBe(true);
  });

  test("waits 20 ms more after each underrun, up to 120", () => {
    const jitter = new JitterBuffer();

    const held = Array.from({ length: 8 }, () => {
      jitter.plays(200, false, 3);
      jitter.plays(0, false, 3);
      jitter.plays(1, false, 3);
      return jitter.holdMs;
    });

    expect(held).toEqual([20, 40, 60, 80, 100, 120, LIMIT_MS, LIMIT_MS]);
    expect(jitter.plays(119, false, 3)).toBe(false);
    expect(jitter.plays(119, true, 3)).toBe(true);
  });

  test("does not take the end of a turn for an underrun", () => {
    const jitter = new JitterBuffer();

    jitter.plays(10, false, 3);
    jitter.plays(0, false, 3);
    jitter.plays(0, true, 3);
    jitter.plays(10, false, 3);

    expect(jitter.holdMs).toBe(0);
  });

  test("forgets by 20 ms in ten clean seconds", () => {
    const jitter = new JitterBuffer();
    jitter.plays(200, false, 3);
    jitter.plays(0, false, 3);

    for (let ms = 0; ms <= CLEAN_MS; ms += 10) jitter.plays(200, false, 10);

    expect(jitter.holdMs).toBe(0);
  });
});

describe("the player", () => {
  const tone = (seconds: number): Int16Array =>
    Int16Array.from(sine(440, 24_000, seconds), (s) => s * 16_000);

  function rendered(player: Player, blocks: number): Float32Array {
    const all = new Float32Array(blocks * BLOCK);
    for (let i = 0; i < blocks; i++) player.render(all.subarray(i * BLOCK, (i + 1) * BLOCK));
    return all;
  }

  test("is heard in the first block", () => {
    const player = new Player(48_000);
    player.push(tone(0.1));

    expect(rms(rendered(player, 1))).toBeGreaterThan(0.01);
  });

  test("plays all of a turn, then reports that it is over", () => {
    const player = new Player(44_100);
    player.push(tone(0.1));
    player.end();

    const heard = rendered(player, 60);

    const last = heard.findLastIndex((sample) => Math.abs(sample) > 0.001);
    expect(last / 44_100).toBeCloseTo(0.1, 2);
    expect(player.playing).toBe(false);
  });

  test("is silent 5 ms after a flush, without a click", () => {
    const player = new Player(48_000);
    player.push(tone(1));
    rendered(player, 20);

    player.flush();
    const heard = rendered(player, 4);

    expect(rms(heard.subarray(241))).toBe(0);
    const steps = heard.subarray(1).map((s, i) => Math.abs(s - (heard[i] ?? 0)));
    expect(Math.max(...steps)).toBeLessThan(0.04);
  });

  test("plays the next turn after a flush, and nothing of the last", () => {
    const player = new Player(48_000);
    player.push(tone(1));
    rendered(player, 20);
    player.flush();
    player.push(new Int16Array(2400).fill(8192));

    const heard = rendered(player, 10);

    expect(heard[600]).toBeCloseTo(0.25, 2);
  });
});

describe("the gate", () => {
  const loud = (): Float32Array => new Float32Array(BLOCK).fill(0.5);

  test("lets no sound through from the moment it shuts, but silence for a while", () => {
    const gate = new Gate();
    gate.move(true, 0);
    const spoken = loud();
    const opened = gate.pass(spoken, BLOCK);
    gate.move(false, 3 * BLOCK);

    const passed: number[] = [];
    for (let block = loud(); gate.pass(block, BLOCK); block = loud()) passed.push(Math.max(...block));

    expect([opened, spoken[0]]).toEqual([true, 0.5]);
    expect(passed).toEqual([0, 0, 0]);
    expect(gate.isShut).toBe(true);
  });

  test("is open at once when it opens before that while is over", () => {
    const gate = new Gate();
    gate.move(false, 10 * BLOCK);
    gate.move(true, 10 * BLOCK);
    const block = loud();

    expect([gate.pass(block, BLOCK), block[0], gate.isShut]).toEqual([true, 0.5, false]);
  });

  test("is shut at once where no silence is to follow", () => {
    const gate = new Gate();
    gate.move(true, 0);
    gate.move(false, 0);

    expect([gate.isShut, gate.pass(loud(), BLOCK)]).toEqual([true, false]);
  });
});

describe("the capture worklet", () => {
  interface Worklet {
    readonly port: { onmessage(event: { data: CaptureOrder }): void };
    process(inputs: Float32Array[][]): boolean;
  }

  afterEach(() => vi.unstubAllGlobals());

  async function created(sent: Captured[]): Promise<Worklet> {
    let Capture: (new () => Worklet) | undefined;
    vi.stubGlobal("sampleRate", 48_000);
    vi.stubGlobal(
      "AudioWorkletProcessor",
      class {
        port = { postMessage: () => {} };
      },
    );
    vi.stubGlobal("registerProcessor", (_: string, of: new () => Worklet) => (Capture = of));
    const file = "./capture.worklet.ts"; // not the compiler's: it knows nothing of an audio thread here
    await import(file);
    if (Capture === undefined) throw new Error("not registered");
    const worklet = new Capture();
    const wire = { postMessage: (captured: Captured) => sent.push(captured) };
    worklet.port.onmessage({ data: { wire: wire as unknown as MessagePort } });
    return worklet;
  }

  test("streams silence for a source without a channel, and then shuts", async () => {
    const sent: Captured[] = [];
    const worklet = await created(sent);
    worklet.port.onmessage({ data: { open: true, silenceMs: 60 } });
    worklet.port.onmessage({ data: { open: false, silenceMs: 60 } });

    for (let block = 0; block < 60; block++) worklet.process([[]]);

    const chunks = sent.filter((one) => typeof one !== "string");
    expect([sent[0], sent.at(-1)]).toEqual(["open", "shut"]);
    expect(chunks.reduce((ms, { byteLength }) => ms + byteLength / 32, 0)).toBeCloseTo(60, -1);
  });
});
