/** What the page must prevent. */
import { expect } from "@playwright/test";

import { test } from "./person.ts";

test("the policy stops foreign connections, inline scripts, evaluation and unsafe markup", async ({
  page,
}) => {
  await page.goto("/");
  await expect(page.getByLabel("Your name")).toBeVisible();

  const stopped = await page.evaluate(async () => {
    const broken: string[] = [];
    document.addEventListener("securitypolicyviolation", (event) =>
      broken.push(event.effectiveDirective),
    );
    const fails = async (attempt: () => unknown): Promise<boolean> => {
      try {
        await attempt();
        return false;
      } catch {
        return true;
      }
    };
    const connects = await fails(async () => fetch("https://collector.example/"));
    const sockets = await fails(async () => {
      const socket = new WebSocket("wss://collector.example/");
      await new Promise((resolve, reject) => {
        socket.addEventListener("open", resolve);
        socket.addEventListener("error", reject);
      });
    });
    const markup = await fails(() => (document.createElement("p").innerHTML = "<b>x</b>"));
    const script = document.createElement("script");
    const inline = await fails(() => {
      script.text = "window.ran = true";
      document.head.append(script);
    });
    // oxlint-disable-next-line no-eval -- that it fails is what is shown
    const evaluated = await fails(() => globalThis.eval("window.evaluated = true"));
    const timed = await fails(() => setTimeout("window.evaluated = true", 0));
    await new Promise((resolve) => setTimeout(resolve, 50));
    const code = "evaluated" in window;
    return {
      connects,
      sockets,
      markup,
      inline,
      evaluated,
      timed,
      code,
      ran: "ran" in window,
      broken: [...new Set(broken)].sort(),
    };
  });

  expect(stopped).toEqual({
    connects: true,
    sockets: true,
    markup: true,
    inline: true,
    evaluated: true,
    timed: true,
    code: false,
    ran: false,
    broken: ["connect-src", "require-trusted-types-for"],
  });
});

test("inside another page nothing is offered", async ({ page, baseURL }) => {
  await page.route("**/around.html", async (route) =>
    route.fulfill({
      contentType: "text/html",
      body: `<!doctype html><iframe src="${baseURL}/index.html"></iframe>`,
    }),
  );
  await page.goto("/around.html");

  const inner = page.frameLocator("iframe");
  await expect(inner.getByRole("heading")).toHaveText("This page doesn’t run inside another page.");
  await expect(inner.getByRole("button")).toHaveCount(0);
});

test("an address that is not there says so", async ({ page, baseURL }) => {
  const answer = await page.goto("/no/such/page");
  expect(answer?.status()).toBe(404);
  await page.getByRole("link", { name: "Talk with Gemini" }).click();
  await expect(page).toHaveURL(`${baseURL}/index.html`);
});

test("hashed files are cached for ever, all others are revalidated", async ({ page, request }) => {
  await page.goto("/");
  const script = await page.locator("script[type=module]").getAttribute("src");
  expect((await request.get(`/${script}`)).headers()).toMatchObject({
    "cache-control": "public, max-age=31536000, immutable",
    "content-type": "text/javascript; charset=utf-8",
  });
  for (const path of ["/", "/index.html", "/config.json", "/manifest.webmanifest"]) {
    expect((await request.get(path)).headers()["cache-control"], path).toBe("no-cache");
  }
});
