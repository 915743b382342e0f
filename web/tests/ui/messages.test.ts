/** Messages for every refusal and failure. A client code without a message does not compile. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { messages, type Told } from "../../site/messages/index.ts";
import { isKnown, tell, tellInTalk, tellLimit } from "../../site/messages/told.ts";

const root = new URL("../../../", import.meta.url);
const contract = readFileSync(new URL("functions/openapi.yaml", root), "utf8");
const client = readFileSync(new URL("web/client/errors.ts", root), "utf8");

/** The contract lists a status's codes in its description, in back quotes. */
function codesOfTheContract(): string[] {
  const descriptions = contract.matchAll(/^ +'[45]\d\d':\n +description: (.*)$/gm);
  return [
    ...new Set(
      [...descriptions].flatMap(([, text]) =>
        [...(text ?? "").matchAll(/`([a-z-]+)`/g)].map(([, code]) => code ?? ""),
      ),
    ),
  ];
}

function codesOfTheClient(): string[] {
  const union = /type LiveErrorCode =([^;]*);/.exec(client)?.[1] ?? "";
  return [...union.matchAll(/"([a-z-]+)"/g)].map(([, code]) => code ?? "");
}

function violatedOfTheContract(): string[] {
  const list = /\n    Problem:\n[^]*?violated:\n[^]*?enum:\n((?: +- \w+\n)+)/.exec(contract)?.[1] ?? "";
  return [...list.matchAll(/- (\w+)/g)].map(([, name]) => name ?? "");
}

describe("messages", () => {
  test("every refusal of the API has words", () => {
    const codes = codesOfTheContract();

    expect(codes.length).toBeGreaterThan(15);
    expect(codes.filter((code) => !isKnown(code))).toEqual([]);
  });

  test("every failure of the client has words", () => {
    const codes = codesOfTheClient();

    expect(codes.length).toBeGreaterThan(30);
    expect(codes.filter((code) => !isKnown(code))).toEqual([]);
  });

  test("every limit has words of its own", () => {
    const limits = violatedOfTheContract();

    expect(limits.length).toBeGreaterThan(6);
    for (const limit of limits) expect(tellLimit([limit]), limit).not.toEqual(tell("quota-exceeded"));
  });

  test("a code that nobody knows yet is still told", () => {
    expect(tell("brand-new")).toEqual(messages.refusals.internal);
    expect(tell("toString")).toEqual(messages.refusals.internal);
  });

  test("a microphone that is lost in a talk asks nobody to start one", () => {
    const lost = codesOfTheClient().filter((code) => /^microphone-(?!unavailable)/.test(code));

    expect(lost.length).toBeGreaterThan(3);
    for (const code of lost) expect(tellInTalk(code, []).more, code).toMatch(/unmute\.$/);
    expect(tellInTalk("camera-denied", [])).toEqual(tell("camera-denied"));
  });

  test("of several limits, the page names the one that resets last", () => {
    expect(tellLimit(["cooldown", "hour"])).toEqual(messages.limits.hour);
    expect(tellLimit(["cooldown"])).toEqual(messages.limits.cooldown);
  });

  test("no sentence is empty, and none blames the person", () => {
    const { refusals, failures, limits, signIn } = messages;
    const told = [refusals, failures, limits, signIn.failed].flatMap((family) =>
      Object.values<Told>(family),
    );
    for (const { title, more } of told) {
      expect(title).toMatch(/[.!]$/);
      expect(more).toMatch(/[.!]$/);
      expect(`${title} ${more}`).not.toMatch(/\b(invalid|illegal|error \d|you must)\b/i);
    }
  });
});

test("index.html begins as the page does", () => {
  const page = readFileSync(new URL("web/index.html", root), "utf8");

  for (const words of [messages.page.title, messages.signIn.lead, messages.page.loading])
    expect(page).toContain(words);
});

test("the page that is not found allows its own style and nothing else", () => {
  const page = readFileSync(new URL("web/public/404.html", root), "utf8");
  const style = /<style>([^]*?)<\/style>/.exec(page)?.[1] ?? "";
  const hash = createHash("sha256").update(style).digest("base64");

  expect(page).toContain(`style-src 'sha256-${hash}'`);
});
