import type { TalkBookmark } from "../../client/index.ts";
import { launchOptions } from "./chromium.ts";
import { expect, type LivePage, test } from "./live.ts";

test.use({ launchOptions: launchOptions("silent") });

/** Say something, wait for the answer, and return the bookmark. */
async function talked(live: LivePage): Promise<TalkBookmark> {
  await live.gemini.set({ handle_interval_s: 0.2 });
  await live.start({ muted: true });
  await live.page.evaluate(() => window.harness.talk.sendText("Remember the red door."));
  await live.event("transcript", ({ entry }) => entry.who === "model" && entry.final);
  const { detail } = await live.event(
    "bookmark",
    ({ bookmark: to }) => Boolean(to?.handle) && to?.transcript?.at(-1)?.final === true,
  );
  return detail.bookmark as TalkBookmark;
}

async function reload(live: LivePage): Promise<void> {
  await live.page.reload();
  await live.page.locator("body[data-ready]").waitFor({ state: "attached" });
}

async function expectRecap(live: LivePage): Promise<void> {
  await live.page.evaluate(() => window.harness.talk.sendText("Recap"));
  await live.event(
    "transcript",
    ({ entry }) => entry.text.startsWith("You said: ") && entry.text.includes("red door"),
  );
}

test("a talk continues after three reloads with the same token", { tag: "@short" }, async ({ live }) => {
  let resume = await talked(live);
  for (const _ of [1, 2]) {
    await reload(live);
    await live.start({ muted: true, resume });
    const { detail } = await live.event("bookmark", ({ bookmark }) => Boolean(bookmark?.handle));
    resume = detail.bookmark as TalkBookmark;
    expect(JSON.stringify(resume)).not.toContain("auth_tokens");
  }

  await reload(live);
  await live.start({ muted: true, resume });

  const { detail } = await live.event("open");
  expect(detail).toMatchObject({ resumed: true, session: { id: resume.sessionId, tokens: 1 } });
  const asked = ["POST /live-token"];
  expect(await live.requests()).toEqual(asked);
  const { day, sessions } = await live.page.evaluate(() => window.harness.tokens.limits());
  expect([day.used, sessions.active]).toEqual([1, 1]);
  const before = await live.page.evaluate(() => window.harness.talk.transcript);
  expect(before.map(({ who, final }) => [who, final])).toEqual([
    ["user", true],
    ["model", true],
  ]);
  expect((await live.events("transcript")).length).toBe(2);
  await expectRecap(live);
});

test("a talk that Gemini has forgotten begins afresh, and is told what was said", async ({ live }) => {
  const resume = await talked(live);
  await live.gemini.fault({
    on: "socket",
    do: "close",
    code: 1008,
    reason: "Requested entity was not found.",
    after_frames: 0,
  });

  await reload(live);
  await live.start({ muted: true, resume });

  expect((await live.event("open")).detail.resumed).toBe(false);
  // The repeated token is used up, so another one is requested.
  expect(await live.requests()).toEqual(["POST /live-token", "POST /live-token/refresh"]);
  await expectRecap(live);
});

test("a talk whose session has expired continues in a new one", async ({ live }) => {
  await live.open("hasty");
  const resume = await talked(live);
  const expired = { status: 409, json: { code: "session-expired" } };
  await live.page.route("**/live-token/refresh", async (route) => route.fulfill(expired));

  await reload(live);
  await live.start({ muted: true, resume: { ...resume, requests: [] } });

  const { detail } = await live.event("open");
  expect(detail.resumed).toBe(true);
  expect(detail.session.id).not.toBe(resume.sessionId);
  await expectRecap(live);
});

test("a talk whose session is over is not taken up, and says why", async ({ live }) => {
  const resume = await talked(live);
  await live.page.evaluate(() => window.harness.talk.endSession());
  expect((await live.events("bookmark")).at(-1)?.detail.bookmark).toBeNull();

  await reload(live);
  await live.tap({ muted: true, resume });

  const { detail } = await live.event("error");
  expect(detail.error).toMatchObject({ code: "session-ended" });
  await live.event("bookmark", ({ bookmark }) => bookmark === null);
  expect(await live.page.evaluate(() => window.harness.talk.state.name)).toBe("failed");
});
