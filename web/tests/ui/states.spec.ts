/** Every state of the page: no axe findings, no policy violations, no touch target that is too small. */
import { expect, type Page } from "@playwright/test";

import { findings } from "./axe.ts";
import { test } from "./gallery.ts";
import { states, type StateName } from "./states.ts";

const WIDTHS = [1280, 390, 320];
const TOUCH = 44;

for (const name of Object.keys(states) as StateName[]) {
  test(name, async ({ gallery: { page, draw, complaints } }) => {
    for (const width of WIDTHS) {
      await draw(name, width, "light");
      expect(
        await page.evaluate(() => document.documentElement.scrollWidth),
        "no sideways scrolling",
      ).toBeLessThanOrEqual(width);
      expect(await small(page), `${width} px`).toEqual([]);
      expect(await findings(page), `${width} px`).toEqual([]);
      if (width === 1280) continue;
      await draw(name, width, "dark");
      expect(await findings(page), `${width} px, dark`).toEqual([]);
    }
    expect(complaints()).toEqual([]);
  });
}

test("a fragment in a long transcript draws one line and changes one text", async ({ gallery }) => {
  const { drawn, changed } = await gallery.page.evaluate(() => window.grow(2000, 10));

  expect({ drawn, changed }).toEqual({ drawn: 10, changed: 10 });
});

test("words run as their script does, and the page's own do not", async ({
  gallery: { page, draw },
}) => {
  await draw("scripts", 390, "light");
  await page.getByRole("textbox").fill("שלום, מה שלומך?");

  const direction = (selector: string) =>
    page.$$eval(selector, (all) => all.map((each) => getComputedStyle(each).direction));
  const [hebrew, , arabic, , persian, , hindi] = await direction(".words");
  expect([hebrew, arabic, persian, hindi]).toEqual(["rtl", "rtl", "rtl", "ltr"]);
  expect(await direction("#words")).toEqual(["rtl"]);
  expect(new Set(await direction(".who, .cut"))).toEqual(new Set(["ltr"]));
  expect(await leftOf(page, "שלום, מה שלומך?", "?", "ש")).toBe(true);
  expect(await leftOf(page, "العربية: 1. أولاً 2. ثانياً!", "2", "1")).toBe(true);
  // A name in Arabic leaves the order of the sentence, and its own, as they are.
  const name = "Signed in as محمد علي (2)";
  expect(await leftOf(page, name, "Signed", "م")).toBe(true);
  expect(await leftOf(page, name, "(", "م")).toBe(true);
});

test("nothing is offered that the browser lacks", async ({ gallery: { page, draw } }) => {
  await page.evaluate(() => {
    // Phones share no screen; some browsers play only through the system's speaker.
    Object.defineProperty(navigator.mediaDevices, "getDisplayMedia", {
      value: undefined,
      configurable: true,
    });
    Reflect.set(window, "kept", HTMLMediaElement.prototype.setSinkId);
    Reflect.deleteProperty(HTMLMediaElement.prototype, "setSinkId");
  });

  await draw("live", 390, "light");
  await expect(page.getByRole("button", { name: "Camera" })).toBeVisible();
  await expect(page.getByRole("button", { name: "Screen" })).toHaveCount(0);
  await draw("settings", 390, "light");
  await expect(page.getByLabel("Speaker")).toBeDisabled();

  await page.evaluate(() => {
    Reflect.deleteProperty(navigator.mediaDevices, "getDisplayMedia");
    HTMLMediaElement.prototype.setSinkId = Reflect.get(window, "kept");
  });
});

/** Whether, in the element with this text, the first such character is drawn to the left of the other. */
async function leftOf(page: Page, text: string, left: string, right: string): Promise<boolean> {
  return page.evaluate(
    ([whole, one, other]) => {
      const menu = document.querySelector("#menu");
      if (menu instanceof HTMLElement) menu.showPopover();
      const element = [...document.querySelectorAll("p")].find((p) => p.textContent.trim() === whole);
      const place = (sign: string): number => {
        const nodes = document.createTreeWalker(element ?? document, NodeFilter.SHOW_TEXT);
        for (let node = nodes.nextNode(); node !== null; node = nodes.nextNode()) {
          const at = node.textContent?.indexOf(sign) ?? -1;
          if (at < 0) continue;
          const range = new Range();
          range.setStart(node, at);
          range.setEnd(node, at + 1);
          return range.getBoundingClientRect().left;
        }
        throw new Error(`${sign} is not in ${whole}`);
      };
      const isLeft = place(one) < place(other);
      if (menu instanceof HTMLElement) menu.hidePopover();
      return isLeft;
    },
    [text, left, right] as const,
  );
}

test("the page that is not found", async ({ page }) => {
  const complaints: string[] = [];
  page.on("console", (message) => complaints.push(message.text()));
  await page.goto("/404.html");
  for (const width of [390, 320]) {
    await page.setViewportSize({ width, height: 640 });
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await findings(page), `${width} px, ${colorScheme}`).toEqual([]);
    }
  }
  await expect(page.getByRole("link")).toHaveCSS("min-height", "44px");
  expect(complaints).toEqual([]);
});

/** Controls less than 44 px high or wide. A check box is tapped by its label. */
async function small(page: Page): Promise<string[]> {
  return page.evaluate((touch) => {
    const tappable = document.querySelectorAll(
      "button, a[href], select, textarea, input:not([type=checkbox], [type=radio], .unseen), label.choice, label.button",
    );
    return [...tappable].flatMap((element) => {
      const { width, height } = element.getBoundingClientRect();
      const hidden = width === 0 || element.closest(".skip") !== null;
      return hidden || (width >= touch && height >= touch)
        ? []
        : [`${element.outerHTML.slice(0, 80)} ${width}x${height}`];
    });
  }, TOUCH);
}
