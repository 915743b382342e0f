/** An app of twenty lines with functions of its own: one is slow, one is cancelled, one takes too long. */

import { LiveTalk, TokenSource } from "../../../client/index.ts";

const api = new URLSearchParams(location.search).get("api") ?? "";
const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));
const tell = (line: string): void => document.body.append(line, document.createElement("br"));

async function idToken(): Promise<string> {
  const answer = await fetch(`${api}/local/identity/token`, { method: "POST", body: '{"user": "ada"}' });
  return ((await answer.json()) as { idToken: string }).idToken;
}

const talk = await LiveTalk.create({
  tokens: new TokenSource({ baseUrl: api, idToken }),
  tools: {
    slow_report: async ({ topic }, { progress }) => {
      for (const page of [1, 2]) await pause(300).then(() => progress(page));
      return `on ${String(topic)}`;
    },
    long_search: (_, { signal }) => new Promise(() => (signal.onabort = () => tell("search stopped"))),
    late_answer: { timeoutMs: 300, handler: () => pause(60_000) },
  },
});
talk.on("toolprogress", ({ detail }) => tell(`${detail.name}: page ${String(detail.value)}`));
talk.on("toolresult", ({ detail }) => tell(`${detail.name}: ${detail.error ?? "done"}`));
talk.on("toolcancel", ({ detail }) => tell(`${detail.ids.length} cancelled`));
talk.on("open", () => tell("live"));
const wish = { tools: ["slow_report", "long_search", "late_answer", "open_door"] };
const [start, say] = [document.querySelector("button"), document.querySelector("input")];
start?.addEventListener("click", () => void talk.start({ wish }).catch((error) => tell(String(error))));
say?.addEventListener("change", () => talk.sendText(say.value));
