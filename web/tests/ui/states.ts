/** A state for everything the page can show, for pictures and checks. No talk is needed. */
import type { Config, Limits, Session, TranscriptEntry } from "../../client/index.ts";
import { LiveError } from "../../client/errors.ts";
import { found, noted, said, toolCalled, toolEnded, type Line } from "../../page/transcript/lines.ts";
import { messages } from "../../site/messages/index.ts";
import { unchosen } from "../../site/preferences.ts";
import type { AppState, SignedIn } from "../../page/shell/state.ts";
import type { SignedOut } from "../../site/shell.ts";
import { manyScripts } from "./scripts.ts";

export const NOW = Date.parse("2026-11-21T09:30:00Z");

const VOICES = ["Aoede", "Charon", "Fenrir", "Kore", "Leda", "Orus", "Puck", "Zephyr"];
const TOOLS = ["google_search", "get_weather"];

export const config: Config = {
  defaultModel: "gemini-3.8-live",
  models: [
    model("gemini-3.8-live", [], false),
    model("gemini-3.8-live-extended-thinking", ["low", "medium", "high"], true),
    {
      ...model("gemini-3.1-flash-live-preview", ["minimal", "low", "medium", "high"], false),
      voices: VOICES.slice(0, 6),
      tools: ["google_search"],
    },
  ],
  defaultDurationMinutes: 30,
  maxDurationMinutes: 60,
  startWindowMinutes: 2,
  customInstructions: false,
  functions: ["get_weather"],
  clientTools: false,
  tiers: {},
  signIn: { issuers: [], anonymous: false },
  appCheck: "off",
  mintingPaused: false,
};

function model(
  name: string,
  thinkingLevels: string[],
  thinkingRequired: boolean,
): Config["models"][number] {
  return {
    name,
    responseModalities: ["AUDIO"],
    voices: VOICES,
    tools: TOOLS,
    thinkingLevels,
    thinkingRequired,
  };
}

export const limits: Limits = {
  user: "5f2b",
  tier: "default",
  serverTime: new Date(NOW).toISOString(),
  hour: { limit: 10, used: 3, remaining: 7, resetsAt: null },
  day: { limit: 100, used: 9, remaining: 91, resetsAt: null },
  refreshHour: { limit: 12, used: 0, remaining: 12, resetsAt: null },
  cooldown: { seconds: 300, endsAt: null },
  sessions: { limit: 3, active: 1 },
  minutes: { limit: null, used: 0, remaining: null, resetsAt: null },
};

export const cooling: Limits = {
  ...limits,
  hour: { limit: 10, used: 10, remaining: 0, resetsAt: at(252_000) },
  cooldown: { seconds: 300, endsAt: at(252_000) },
  sessions: { limit: 3, active: 2 },
};

function at(fromNowMs: number): string {
  return new Date(NOW + fromNowMs).toISOString();
}

function spoke(
  id: number,
  who: "user" | "model",
  text: string,
  more: Partial<TranscriptEntry> = {},
): Line {
  return said({ id, who, kind: "speech", text, final: true, interrupted: false, at: NOW, ...more });
}

const weather = toolCalled("1", "get_weather", { place: "Lisbon" });

export const lines: readonly Line[] = [
  spoke(1, "user", "I have three days in Lisbon next week. What should I not miss?"),
  spoke(
    2,
    "model",
    "Three days are just right. Start in Alfama in the morning, before it gets busy, walk up to the castle, and take the tram down to",
    { interrupted: true },
  ),
  spoke(3, "user", "Wait, will it rain?"),
  ...toolEnded([weather], "1", "done"),
  spoke(
    4,
    "model",
    "It looks dry: 19 degrees on Monday and Tuesday, and a little rain on Wednesday evening. I would keep the Gulbenkian museum for Wednesday.",
  ),
  found(
    "found-1",
    ["Gulbenkian museum opening hours"],
    [{ uri: "https://gulbenkian.pt/museu/", title: "Gulbenkian Museum" }],
  ),
  spoke(5, "user", "And this place, do you know it?", { kind: "text" }),
  spoke(6, "user", "", { kind: "image" }),
  spoke(7, "model", "That is the Time Out Market. Go early, it fills up", { final: false }),
];

const session: Session = {
  id: "6530a1b2c3d4e5f601234567",
  state: "active",
  model: "gemini-3.8-live",
  startedAt: at(-252_000),
  lastActivityAt: at(-252_000),
  expiresAt: at(1_548_000),
  handoverAt: at(1_368_000),
  tokens: 1,
  refreshesRemaining: 11,
  activeTokens: 1,
};

const sessions: readonly Session[] = [
  session,
  {
    ...session,
    id: "6530a1b2c3d4e5f601234566",
    state: "ended",
    startedAt: at(-5_000_000),
    tokens: 3,
    activeTokens: 0,
  },
  {
    ...session,
    id: "6530a1b2c3d4e5f601234565",
    state: "expired",
    startedAt: at(-19_000_000),
    model: "gemini-3.8-live-extended-thinking",
    activeTokens: 0,
  },
];

const idle: SignedIn = {
  name: "signed-in",
  person: { name: "alice" },
  config,
  limits,
  talk: { name: "idle" },
  lines: [],
  notice: undefined,
  liveSinceMs: undefined,
  cost: 0,
  pass: undefined,
  resumable: undefined,
  video: undefined,
  devices: {
    microphones: [
      { id: "a", label: "Desk microphone" },
      { id: "b", label: "Headset" },
    ],
    speakers: [{ id: "c", label: "Headphones" }],
    cameras: [{ id: "d", label: "Front camera" }],
    microphone: null,
    speaker: "",
  },
  attached: undefined,
  panel: "none",
  sessions: { name: "unread" },
  drawer: undefined,
  preferences: unchosen,
  nowMs: NOW,
  serverNowMs: NOW,
};

const going = {
  muted: false,
  speaking: "nobody",
  turns: "automatic",
  holding: false,
  video: "none",
  trouble: null,
} as const;

const live: SignedIn = {
  ...idle,
  talk: { name: "live", ...going, speaking: "model" },
  lines,
  liveSinceMs: NOW - 252_000,
  cost: 0.083,
  pass: { session, expiresAtMs: NOW + 1_548_000 },
};

const bookmark = {
  sessionId: session.id,
  handle: "h",
  savedAt: NOW,
  turns: "automatic",
  transcript: [],
} as const;

const left: SignedIn = {
  ...idle,
  lines: lines.slice(0, 5),
  resumable: { untilMs: NOW + 1_548_000, rememberedUntilMs: NOW + 7_200_000, bookmark },
};

const out: SignedOut = {
  name: "signed-out",
  kind: "local",
  ways: ["name"],
  providerName: "",
  busy: false,
  failure: undefined,
};

export const states = {
  loading: { name: "loading" },
  framed: { name: "framed" },
  broken: { name: "broken", told: messages.page.broken.why },
  "signed-out": out,
  "signed-out-cloud": {
    ...out,
    kind: "identity-platform",
    ways: ["google", "email", "anonymous"],
    failure: "refused",
  },
  "signed-out-sent": { ...out, kind: "identity-platform", ways: ["email"], sent: true },
  idle,
  resumable: left,
  "resumable-cooldown": { ...left, limits: cooling },
  "resumable-anew": {
    ...left,
    resumable: { untilMs: NOW - 1000, rememberedUntilMs: NOW + 5_400_000, bookmark },
  },
  cooldown: { ...idle, limits: cooling },
  full: { ...idle, limits: { ...limits, sessions: { limit: 3, active: 3 } } },
  asking: { ...idle, talk: { name: "asking" } },
  connecting: { ...idle, talk: { name: "connecting" } },
  live,
  listening: { ...live, lines: lines.slice(0, 3), talk: { name: "live", ...going, muted: true } },
  scripts: {
    ...live,
    person: { name: "محمد علي (2)" },
    lines: manyScripts,
    attached: { blob: new Blob(), name: "תמונה 1 (סופי).jpg", url: "./icon-192.png" },
    talk: { name: "live", ...going },
  },
  "live-empty": { ...live, lines: [], cost: 0, talk: { name: "live", ...going } },
  attached: {
    ...live,
    attached: { blob: new Blob(), name: "the-view-from-the-hotel.jpg", url: "./icon-192.png" },
  },
  camera: {
    ...live,
    devices: {
      ...idle.devices,
      cameras: [
        { id: "d", label: "Front camera" },
        { id: "e", label: "Back camera" },
      ],
    },
    video: {
      source: "camera",
      // Drawn in a browser, listed in Node.
      get stream() {
        return new MediaStream();
      },
    },
    talk: { name: "live", ...going, video: "camera" },
  },
  hold: { ...live, talk: { name: "live", ...going, turns: "hold", holding: true } },
  notice: { ...live, notice: { code: "camera-denied", violated: [] } },
  "sound-stopped": { ...live, talk: { name: "live", ...going, trouble: "sound-stopped" } },
  "may-end": {
    ...live,
    pass: undefined,
    notice: { code: "quota-exceeded", violated: ["sessions"], endsAtMs: NOW + 30_000 },
  },
  reconnecting: { ...live, talk: { name: "reconnecting", ...going, attempt: 2, waitMs: 500 } },
  closed: {
    ...live,
    talk: { name: "closed" },
    limits: cooling,
    pass: undefined,
    liveSinceMs: undefined,
  },
  forgot: { ...live, lines: [...lines.slice(0, 5), noted("forgot", 1)] },
  error: { ...idle, talk: { name: "failed", error: new LiveError("microphone-denied") } },
  quota: {
    ...idle,
    limits: cooling,
    talk: { name: "failed", error: new LiveError("quota-exceeded", { violated: ["hour", "cooldown"] }) },
  },
  settings: { ...idle, panel: "settings" },
  "settings-chosen": {
    ...idle,
    panel: "settings",
    preferences: {
      ...unchosen,
      model: "gemini-3.1-flash-live-preview",
      temperature: 0.7,
      pushToTalk: true,
      tools: ["google_search"],
    },
  },
  "sessions-empty": { ...idle, panel: "sessions", sessions: { name: "read", sessions: [] } },
  "sessions-failed": { ...idle, panel: "sessions", sessions: { name: "failed" } },
  sessions: { ...live, panel: "sessions", sessions: { name: "read", sessions } },
  drawer: {
    ...live,
    drawer: {
      latencies: [
        { name: "microphone", lastMs: 212, p50Ms: 212, p95Ms: 212 },
        { name: "pass", lastMs: 148, p50Ms: 151, p95Ms: 190 },
        { name: "setup", lastMs: 121, p50Ms: 118, p95Ms: 140 },
      ],
      events: [
        { id: 1, atMs: NOW - 2000, what: "connecting → live", detail: "" },
        { id: 2, atMs: NOW - 1000, what: "sound starts", detail: "" },
        { id: 3, atMs: NOW, what: "goaway", detail: '{"timeLeftMs":59000}' },
      ],
    },
  },
} as const satisfies Readonly<Record<string, AppState>>;

export type StateName = keyof typeof states;
