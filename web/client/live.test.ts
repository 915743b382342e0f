import { describe, expect, test, vi } from "vitest";
import type { TokenAnswer } from "./api/types.ts";
import { Conversation } from "./conversation/conversation.ts";
import { Meter, turnUsage } from "./conversation/cost.ts";
import { LiveError } from "./errors.ts";
import { sleepProof, TokenSource } from "./api/token-source.ts";
import { Tools } from "./conversation/tools.ts";
import { Transcript } from "./conversation/transcript.ts";
import type { ToldFact } from "./wire/protocol.ts";

describe("the transcript", () => {
  function transcript(): Transcript {
    return new Transcript(
      () => 0,
      () => {},
    );
  }
  const shown = (of: Transcript): string[] =>
    of.entries.map(({ who, text, interrupted }) => `${who}: ${text}${interrupted ? " --" : ""}`);

  test("joins fragments, both sides at once", () => {
    const it = transcript();
    it.add("user", "speech", "Hello ", false);
    it.add("model", "speech", "Good", false);
    it.add("user", "speech", "there.", false);
    it.add("model", "speech", " day.", false);

    expect(shown(it)).toEqual(["user: Hello there.", "model: Good day."]);
  });

  test("replaces what was interim", () => {
    const it = transcript();
    it.add("user", "speech", "I scream", true);
    it.add("user", "speech", "Ice cream", true);
    it.add("user", "speech", "Ice cream, please.", false);

    expect(shown(it)).toEqual(["user: Ice cream, please."]);
  });

  test("marks what was spoken over, and begins anew after it", () => {
    const it = transcript();
    it.add("model", "speech", "Once upon", false);
    it.settle("model", true);
    it.add("model", "speech", "Sorry.", false);

    expect(shown(it)).toEqual(["model: Once upon --", "model: Sorry."]);
    expect(it.entries.map(({ final }) => final)).toEqual([true, false]);
  });

  test("goes on after what was said before, which is told again and then left alone", () => {
    const told: number[] = [];
    const it = new Transcript(
      () => 0,
      ({ id }) => told.push(id),
    );
    it.add("model", "speech", "Once upon", false);
    const before = it.entries;

    it.begin(before);
    it.add("model", "speech", "Again.", false);

    expect(shown(it)).toEqual(["model: Once upon", "model: Again."]);
    expect(it.entries.map(({ final }) => final)).toEqual([true, false]);
    expect(told).toEqual([1, 1, 2]);
  });
});

describe("a turn with nothing in it", () => {
  const question: ToldFact = {
    fact: "said",
    who: "user",
    text: "Hello?",
    interim: false,
    finished: true,
  };
  const end = { fact: "turn", cut: false } as const;
  const nothing = { ...end, reason: "RESPONSE_REJECTED", empty: true };

  function heard(...facts: ToldFact[]): unknown[] {
    const told: unknown[] = [];
    const conversation = new Conversation(
      (name, detail) => name === "emptyturn" && told.push(detail),
      () => {},
      () => 0,
    );
    for (const fact of facts) conversation.hear(fact);
    return told;
  }

  test("is told with its reason, and counted until one has something in it", () => {
    const told = heard(question, nothing, question, nothing, question, end, question, nothing);

    expect(told.map((detail) => Object.values(detail as object))).toEqual([
      ["RESPONSE_REJECTED", 1],
      ["RESPONSE_REJECTED", 2],
      ["RESPONSE_REJECTED", 1],
    ]);
  });

  test("is no loss where nobody asked", () => {
    expect(heard(nothing)).toEqual([]);
  });
});

describe("usage", () => {
  test("is priced by modality, and what is in none as text", () => {
    const usage = turnUsage({
      promptTokenCount: 522,
      responseTokenCount: 42,
      thoughtsTokenCount: 136,
      promptTokensDetails: [
        { modality: "TEXT", tokenCount: 332 },
        { modality: "AUDIO", tokenCount: 165 },
      ],
      responseTokensDetails: [{ modality: "AUDIO", tokenCount: 42 }],
    });

    expect(usage.input).toEqual({ text: 332, audio: 165, image: 0, other: 25 });
    const dollars = (332 * 0.75 + 25 * 0.75 + 165 * 3 + 42 * 12 + 136 * 4.5) / 1e6;
    expect(usage.cost).toBeCloseTo(dollars, 12);
  });

  test("counts the last report of a turn, and adds up turns", () => {
    const meter = new Meter();
    for (const tokens of [10, 20]) meter.report({ promptTokenCount: tokens });
    meter.endTurn();
    meter.report({ promptTokenCount: 5 });

    expect(meter.usage.turns).toBe(2);
    expect(meter.usage.total.input.other).toBe(25);
  });
});

describe("a tool", () => {
  const call = { id: "1", name: "sum", args: { a: 1 } };

  test("is answered by its id", async () => {
    const tools = new Tools(() => {});
    tools.register("sum", ({ a }) => Number(a) + 1);

    expect(await tools.run(call)).toEqual({ id: "1", name: "sum", response: { output: 2 } });
  });

  test("that fails, is missing or takes too long is answered too", async () => {
    const tools = new Tools(() => {});
    const missing = await tools.run(call);
    tools.register("sum", () => Promise.reject(new Error("no")));
    const failing = await tools.run(call);
    tools.register("sum", () => new Promise(() => {}), { timeoutMs: 1 });
    const late = await tools.run(call);

    expect([missing, failing, late].map((answer) => answer?.response)).toEqual([
      { error: "There is no tool sum." },
      { error: "no" },
      { error: "The tool took too long." },
    ]);
  });

  test("that returns what cannot be sent says so, and anything else is as JSON has it", async () => {
    const circle: { self?: unknown } = {};
    circle.self = circle;
    const returned = [circle, 1n, () => 1, { at: new Date(0), list: [undefined] }, undefined];

    const answers = returned.map(async (value) => {
      const tools = new Tools(() => {});
      tools.register("sum", () => value);
      return (await tools.run(call))?.response;
    });

    expect(await Promise.all(answers)).toEqual([
      ...[1, 2, 3].map(() => ({ error: expect.stringMatching(/JSON|BigInt/) as string })),
      { output: { at: "1970-01-01T00:00:00.000Z", list: [null] } },
      { output: null },
    ]);
  });

  test("that was taken back is stopped and not answered", async () => {
    const tools = new Tools(() => {});
    let stopped = false;
    tools.register("sum", (_, { signal }) => {
      signal.addEventListener("abort", () => (stopped = true));
      return new Promise(() => {});
    });

    const answer = tools.run(call);
    await Promise.resolve();
    tools.cancel(["1"]);

    expect(await answer).toBeNull();
    expect(stopped).toBe(true);
  });
});

describe("a tool that takes long", () => {
  const call = { id: "1", name: "report", args: {} };

  test("tells how far it is and may take its time anew, until it has answered", async () => {
    const told: unknown[] = [];
    const tools = new Tools(({ id }, value) => told.push([id, value]));
    let later: (value: unknown) => void = () => {};
    const report = async (step: (value: unknown) => void): Promise<string> => {
      for (const page of [1, 2, 3]) {
        await new Promise((next) => setTimeout(next, 20));
        step(page);
      }
      later = step;
      return "done";
    };
    tools.register("report", (_, { progress }) => report(progress), { timeoutMs: 2_000 });

    expect(await tools.run(call)).toMatchObject({ response: { output: "done" } });
    later(4);

    expect(told).toEqual([
      ["1", 1],
      ["1", 2],
      ["1", 3],
    ]);
  });

  test("tells nothing once it was taken back", async () => {
    const told: unknown[] = [];
    const tools = new Tools((_, value) => told.push(value));
    let step: (value: unknown) => void = () => {};
    tools.register("report", (_, { progress }) => {
      step = progress;
      return new Promise(() => {});
    });

    const answer = tools.run(call);
    await Promise.resolve();
    tools.cancel(["1"]);
    step(1);

    expect(await answer).toBeNull();
    expect(told).toEqual([]);
  });
});

describe("the token source", () => {
  const ANSWER = {
    token: "auth_tokens/1",
    usage: { serverTime: "2026-11-21T00:00:00Z" },
  } as TokenAnswer;

  function problem(status: number, body: object, headers: Record<string, string> = {}): Response {
    return new Response(JSON.stringify(body), { status, headers });
  }

  /** A token source that gets these answers in order, and the requests it made. */
  function source(...answers: (() => Response | Promise<Response>)[]): {
    tokens: TokenSource;
    requests: Headers[];
    clock: { ms: number };
    idTokens: boolean[];
  } {
    const requests: Headers[] = [];
    const idTokens: boolean[] = [];
    const clock = { ms: 0 };
    const tokens = new TokenSource({
      idToken: async ({ refresh }) => {
        idTokens.push(refresh);
        return "id";
      },
      clock: () => clock.ms,
      fetch: async (_url, init) => {
        requests.push(new Headers(init?.headers));
        const answer = answers.shift();
        if (answer === undefined) throw new TypeError("no more answers");
        return answer();
      },
    });
    return { tokens, requests, clock, idTokens };
  }
  const good = (): Response => new Response(JSON.stringify(ANSWER), { status: 201 });

  test("asks once for all who ask at the same time", async () => {
    const { tokens, requests } = source(good);

    const answers = await Promise.all([tokens.mint({}), tokens.mint({}), tokens.mint({})]);

    expect(answers.map(({ token }) => token)).toEqual(Array(3).fill("auth_tokens/1"));
    expect(requests).toHaveLength(1);
  });

  test("repeats what was lost on the way with the same key", async () => {
    vi.useFakeTimers();
    const { tokens, requests } = source(() => Promise.reject(new TypeError("gone")), good);

    const answer = tokens.mint({});
    await vi.runAllTimersAsync();
    await answer;
    vi.useRealTimers();

    const keys = requests.map((headers) => headers.get("Idempotency-Key"));
    expect(keys).toHaveLength(2);
    expect(keys[0]).toBe(keys[1]);
  });

  test("does not ask again before Retry-After has passed", async () => {
    const refused = { code: "quota-exceeded", violated: ["cooldown"], retryAfterSeconds: 300 };
    const { tokens, requests, clock } = source(() => problem(429, refused), good);
    await expect(tokens.mint({})).rejects.toMatchObject({ retryAfterS: 300 });
    clock.ms += 100_000;

    await expect(tokens.mint({})).rejects.toMatchObject({
      code: "quota-exceeded",
      retryAfterS: 200,
      violated: ["cooldown"],
    });
    expect(requests).toHaveLength(1);

    clock.ms += 200_000;
    expect((await tokens.mint({})).token).toBe("auth_tokens/1");
  });

  test("asks again at once where a session that ends somewhere makes room", async () => {
    const refused = { code: "quota-exceeded", violated: ["sessions"], retryAfterSeconds: 300 };
    const { tokens } = source(() => problem(429, refused), good);
    await expect(tokens.mint({})).rejects.toMatchObject({ retryAfterS: 300 });

    expect((await tokens.mint({})).token).toBe("auth_tokens/1");
  });

  test("knows the server's time, whatever this device's clock says", async () => {
    const { tokens, clock } = source(good);
    await tokens.mint({});

    clock.ms += 5000;

    expect(tokens.now()).toBe(Date.parse("2026-11-21T00:00:05Z"));
  });

  test("knows it after the machine has slept, through which performance.now may stand still", () => {
    const monotonic = { ms: 0 };
    const wall = { ms: 1000 };
    const clock = sleepProof(
      () => monotonic.ms,
      () => wall.ms,
    );
    const before = clock();

    monotonic.ms += 1000;
    wall.ms += 3_601_000;
    expect(clock() - before).toBe(3_601_000);

    wall.ms -= 7_200_000; // set back by hand
    monotonic.ms += 1000;
    expect(clock() - before).toBe(3_602_000);
  });

  test("signs with a new ID token when the old one had just expired", async () => {
    const { tokens, idTokens } = source(() => problem(401, { code: "token-expired" }), good);

    await tokens.mint({});

    expect(idTokens).toEqual([false, true]);
  });

  test.each([
    [403, { code: "blocked" }, { code: "blocked", retryable: false }],
    [503, { code: "minting-paused", retryAfterSeconds: 60 }, { retryable: true, retryAfterS: 60 }],
    [429, { code: "quota-exceeded", retryAfterSeconds: null }, { retryable: false }],
  ])("tells a %i as what it is", async (status, body, error) => {
    const { tokens } = source(() => problem(status, body));

    await expect(tokens.mint({})).rejects.toMatchObject(error);
  });

  test("lets go of whoever gives up, and of nobody else", async () => {
    const { tokens } = source(good);
    const stop = new AbortController();

    const [given, kept] = [tokens.mint({}, stop.signal), tokens.mint({})];
    stop.abort();

    await expect(given).rejects.toMatchObject({ code: "aborted" });
    expect((await kept).token).toBe("auth_tokens/1");
  });

  test("asks for each session by itself, and for one of them once", async () => {
    const { tokens, requests } = source(good, good);

    await Promise.all([tokens.refresh("a"), tokens.refresh("b"), tokens.refresh("a")]);

    expect(requests).toHaveLength(2);
  });

  test("gives a request's token again by its key and body, whatever holds back new ones", async () => {
    const refused = { code: "quota-exceeded", violated: ["cooldown"], retryAfterSeconds: 300 };
    const { tokens, requests } = source(good, () => problem(429, refused), good);
    const request = tokens.request({ voice: "Puck" });
    await tokens.token(request);
    await expect(tokens.mint({})).rejects.toMatchObject({ violated: ["cooldown"] });

    await tokens.token(structuredClone(request));

    const keys = requests.map((headers) => headers.get("Idempotency-Key"));
    expect(keys[2]).toBe(keys[0]);
    expect(keys[1]).not.toBe(keys[0]);
  });

  test("does not take a token that is given again for a new one", async () => {
    const { tokens, requests } = source(good, good, good);
    const request = tokens.request({});
    await tokens.token(request);

    await Promise.all([tokens.token(request), tokens.mint({})]);

    expect(requests).toHaveLength(3);
  });

  test("ends a session only after what it has used was told, even in vain", async () => {
    const order: string[] = [];
    const tokens = new TokenSource({
      idToken: async () => "id",
      fetch: async (url, { method, body, keepalive } = {}) => {
        order.push(`${method} ${String(url)} ${String(body)} ${keepalive ? "keepalive" : ""}`.trimEnd());
        await new Promise((resolve) => setTimeout(resolve, 10));
        order.push("answered");
        return method === "POST" ? problem(503, {}) : new Response(null, { status: 204 });
      },
    });

    const told = tokens.report("s", { thoughts: 7 });
    await Promise.all([expect(told).rejects.toBeInstanceOf(LiveError), tokens.endSession("s")]);

    expect(order).toEqual([
      'POST /api/v1/live-token/sessions/s/usage {"thoughts":7} keepalive',
      "answered",
      "DELETE /api/v1/live-token/sessions/s undefined",
      "answered",
    ]);
  });

  test("asks nothing for somebody who is not signed in", async () => {
    const tokens = new TokenSource({ idToken: async () => null });

    await expect(tokens.limits()).rejects.toBeInstanceOf(LiveError);
  });
});
