/** Puts the client on `window`, with the events it emitted and two ears in its audio graph. */

import { type LiveEventName, LiveTalk, type StartOptions, TokenSource } from "../../../client/index.ts";
import earUrl from "./ear.worklet.ts?worker&url";
import recorderUrl from "./recorder.worklet.ts?worker&url";

export interface Noted {
  readonly name: string;
  readonly detail: unknown;
  readonly at: number;
}

export interface Heard {
  readonly ear: "microphone" | "speaker";
  readonly loud: boolean;
  readonly at: number;
}

export interface Harness {
  talk: LiveTalk;
  tokens: TokenSource;
  events: Noted[];
  heard: Heard[];
  /** Requests to our API, `POST /live-token`. */
  requests: string[];
  /** Changes an answer from our API before the client sees it. */
  alter: ((path: string, answer: Record<string, unknown>) => void) | null;
  /** Calls `start` in a tap's handler, with these options. */
  options: StartOptions;
  failure: unknown;
  listen(): Promise<void>;
  /** Records both sides, until the talk is over. */
  record(): Promise<void>;
  /** What was recorded: 16-bit samples, in base64. */
  recorded(side: "microphone" | "speaker"): Promise<string>;
  jam(on: boolean): void;
}

const NAMES: LiveEventName[] = [
  ...(["state", "open", "close", "error", "audio", "interrupted", "transcript", "toolcall"] as const),
  ...(["toolresult", "toolcancel", "sources", "usage", "limits", "tokenrefresh"] as const),
  ...(["tokenexpired", "reconnecting", "reconnected", "reconnectfailed", "goaway"] as const),
  ...(["video", "devices", "wire", "bookmark"] as const),
];

declare global {
  interface Window {
    harness: Harness;
  }
}

async function make(): Promise<void> {
  const query = new URLSearchParams(location.search);
  const baseUrl = query.get("api") ?? "";
  const user = query.get("user") ?? "alice";
  let idToken: string | null = null;

  async function signIn(): Promise<string> {
    const body = JSON.stringify({ user, tier: query.get("tier") ?? "default" });
    const response = await fetch("/local/identity/token", { method: "POST", body });
    return ((await response.json()) as { idToken: string }).idToken;
  }

  async function spied(...[input, init]: Parameters<typeof fetch>): Promise<Response> {
    const path = String(input).replace(/^.*\/api\/v1/, "");
    window.harness.requests.push(`${init?.method ?? "GET"} ${path}`);
    const response = await fetch(input, init);
    const { alter } = window.harness;
    if (alter === null || !response.ok || response.status === 204) return response;
    const answer = (await response.json()) as Record<string, unknown>;
    alter(path, answer);
    return new Response(JSON.stringify(answer), response);
  }

  const tokens = new TokenSource({
    baseUrl,
    fetch: spied,
    idToken: async () => (idToken ??= await signIn()),
  });
  const talk = await LiveTalk.create({ tokens });
  const events: Noted[] = [];
  const heard: Heard[] = [];
  for (const name of NAMES) {
    talk.on(name, ({ detail }) => {
      const plain: unknown = JSON.parse(JSON.stringify(detail)); // errors, too, by their toJSON
      events.push({ name, detail: plain, at: Date.now() });
    });
  }
  talk.registerTool("get_weather", ({ place }, { signal }) => tokens.weather(String(place), signal));

  async function listen(): Promise<void> {
    const tap = talk.audio;
    if (tap === null) return;
    await tap.context.audioWorklet.addModule(new URL(earUrl, document.baseURI).href);
    for (const [ear, node] of [
      ["microphone", tap.microphone],
      ["speaker", tap.speaker],
    ] as const) {
      const worklet = new AudioWorkletNode(tap.context, "ear", { outputChannelCount: [1] });
      worklet.port.onmessage = ({ data }) => heard.push({ ear, ...data });
      node?.connect(worklet);
      worklet.connect(tap.context.destination);
    }
  }

  const blocks = { microphone: [] as BlobPart[], speaker: [] as BlobPart[] };

  async function record(): Promise<void> {
    const tap = talk.audio;
    if (tap === null) throw new Error("nothing to record");
    await tap.context.audioWorklet.addModule(new URL(recorderUrl, document.baseURI).href);
    for (const side of ["microphone", "speaker"] as const) {
      const worklet = new AudioWorkletNode(tap.context, "recorder", { outputChannelCount: [1] });
      worklet.port.onmessage = ({ data }) => blocks[side].push(data);
      tap[side]?.connect(worklet);
      worklet.connect(tap.context.destination);
    }
  }

  async function recorded(side: "microphone" | "speaker"): Promise<string> {
    const reader = new FileReader();
    const read = new Promise((resolve) => (reader.onload = resolve));
    reader.readAsDataURL(new Blob(blocks[side]));
    await read;
    return String(reader.result).replace(/^.*,/, "");
  }

  let jammed: ReturnType<typeof setInterval> | undefined;
  /** Blocks this thread for 150 of every 400 ms. */
  function jam(on: boolean): void {
    clearInterval(jammed);
    if (!on) return;
    jammed = setInterval(() => {
      const until = performance.now() + 150;
      while (performance.now() < until);
    }, 400);
  }

  const options: StartOptions = {};
  window.harness = {
    talk,
    tokens,
    events,
    heard,
    requests: [],
    alter: null,
    options,
    failure: null,
    listen,
    record,
    recorded,
    jam,
  };
  document.querySelector("button")?.addEventListener("click", () => {
    talk.start(window.harness.options).catch((failure: unknown) => {
      window.harness.failure = failure;
    });
  });
  document.body.dataset.ready = "true";
}

void make();
