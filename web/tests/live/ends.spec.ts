/** Every start ends in a state that says so, whatever fails. */

import { launchOptions } from "./chromium.ts";
import { expect, type LivePage, test } from "./live.ts";

test.use({ launchOptions: launchOptions("silent") });

/** Load the page with a worker that begins with this script. */
async function withWorker(live: LivePage, script: string): Promise<void> {
  await live.page.route(/wire\.worker/, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `${script};${await response.text()}` });
  });
  await live.open();
}

async function codeOf(live: LivePage, act: string): Promise<string> {
  return live.page.evaluate(`(async () => {
    const { talk } = window.harness;
    try { ${act} } catch (error) { return error.code; }
    return "none";
  })()`);
}

const state = async (live: LivePage): Promise<string> =>
  live.page.evaluate(() => window.harness.talk.state.name);

test(
  "a start that was given up before it began asks for nothing",
  { tag: "@short" },
  async ({ live }) => {
    const code = await codeOf(live, "await talk.start({ signal: AbortSignal.abort() });");

    expect([code, await state(live)]).toEqual(["aborted", "closed"]);
    expect(await live.requests()).toEqual([]);
  },
);

test("a start while the talk is closing is refused", async ({ live }) => {
  await live.start();

  const closing = await codeOf(live, "void talk.stop(); await talk.start();");
  await live.event("close");

  expect([closing, await state(live)]).toEqual(["aborted", "closed"]);
});

test("what is written or shown before the start is refused, not lost", async ({ live }) => {
  expect(await codeOf(live, `talk.sendText("Hello");`)).toBe("invalid-request");
  const draw = `const canvas = new OffscreenCanvas(1, 1); canvas.getContext("2d");`;
  expect(await codeOf(live, `${draw} await talk.sendImage(await canvas.convertToBlob());`)).toBe(
    "invalid-request",
  );
});

test("a socket that cannot be made is tried again, and then the talk has failed", async ({ live }) => {
  await withWorker(live, `self.WebSocket = class { constructor() { throw new Error("no socket"); } }`);
  await live.tap();

  const { detail } = await live.event("error");

  expect(detail.error).toMatchObject({ code: "gemini-unreachable" });
  expect(await state(live)).toBe("failed");
});

test("a worker that throws at the first order ends the talk", async ({ live }) => {
  await withWorker(live, `addEventListener("message", () => { throw new Error("broken"); })`);
  await live.tap();

  const { detail } = await live.event("error");

  expect(detail.error).toMatchObject({ code: "internal" });
  expect(await state(live)).toBe("failed");
});

test("a worker that throws in the middle of a talk ends the talk", async ({ live }) => {
  await live.page.addInitScript(() => {
    const Original = window.Worker;
    window.Worker = class extends Original {
      constructor(...given: ConstructorParameters<typeof Worker>) {
        super(...given);
        const thrown = new ErrorEvent("error", { message: "broken" }); // as the browser does
        addEventListener("broken", () => this.dispatchEvent(thrown));
      }
    };
  });
  await live.open();
  await live.start();

  await live.page.evaluate(() => dispatchEvent(new Event("broken")));

  const { detail } = await live.event("error");
  expect(detail.error).toMatchObject({ code: "internal" });
  await expect.poll(async () => state(live)).toBe("failed");
});
