/** What each refusal of the token API means to the person in front of the page, by its `code`. */
export interface Told {
  readonly title: string;
  /** What to do about it. */
  readonly more: string;
}

export const refusals = {
  "invalid-request": {
    title: "These settings do not fit together.",
    more: "Open the settings, choose others, and start again. Nothing was counted.",
  },
  unauthenticated: { title: "You are not signed in.", more: "Sign in again to go on." },
  "token-expired": { title: "Your sign-in has expired.", more: "Sign in again to go on." },
  forbidden: {
    title: "Your account may not talk here.",
    more: "Ask whoever runs this site to let you in, or sign in as somebody else.",
  },
  "app-check-failed": {
    title: "This page could not be verified.",
    more: "Reload it from its usual address. If that does not help, tell whoever runs this site.",
  },
  blocked: {
    title: "Your account is blocked.",
    more: "Whoever runs this site has blocked it; they can also lift that.",
  },
  "not-found": { title: "That talk is not there any more.", more: "Start a new one." },
  "method-not-allowed": {
    title: "The page and its server do not fit together.",
    more: "Reload the page. If that does not help, tell whoever runs this site.",
  },
  "payload-too-large": {
    title: "Your instructions are too long.",
    more: "Shorten them in the settings, and start again.",
  },
  "unsupported-media-type": {
    title: "The page and its server do not fit together.",
    more: "Reload the page. If that does not help, tell whoever runs this site.",
  },
  "session-ended": { title: "This talk was ended.", more: "Start a new one." },
  "session-expired": {
    title: "This talk is as long as a talk may get.",
    more: "Start a new one to go on.",
  },
  "replay-expired": { title: "Starting took too long.", more: "Start again." },
  "idempotency-key-reused": { title: "Starting went wrong on our side.", more: "Start again." },
  "quota-exceeded": {
    title: "You have reached a limit.",
    more: "It lets go by itself; the page counts down to it.",
  },
  "upstream-rejected": {
    title: "Gemini did not accept our request.",
    more: "That is our fault, and we have been told. Nothing was counted.",
  },
  "upstream-unavailable": {
    title: "Gemini is not available right now.",
    more: "Nothing was counted. Try again in a moment.",
  },
  "store-unavailable": {
    title: "We cannot count right now, so nothing is handed out.",
    more: "Nothing was counted. Try again in a moment.",
  },
  "identity-unavailable": {
    title: "Your sign-in cannot be checked right now.",
    more: "Nothing was counted. Try again in a moment.",
  },
  "minting-paused": {
    title: "New talks are paused for now.",
    more: "Whoever runs this site has paused them. Talks that are going on may go on for a while.",
  },
  "weather-unavailable": {
    title: "The weather is not available right now.",
    more: "Ask again in a moment.",
  },
  "audit-unavailable": {
    title: "The audit trail cannot be read right now.",
    more: "Try again in a moment. Blocks and the pause work without it.",
  },
  internal: { title: "Something went wrong on our side.", more: "Try again in a moment." },
} as const satisfies Readonly<Record<string, Told>>;

/** Which limit holds; of several the first is told, the one that lets go last. */
export const limits = {
  day: {
    title: "You have had today’s talks.",
    more: "The next one is free when the button has counted down.",
  },
  minutes: {
    title: "You have had the minutes of 24 hours.",
    more: "Each is free again 24 hours after it was given.",
  },
  hour: {
    title: "You have had this hour’s talks.",
    more: "The next one is free when the button has counted down.",
  },
  sessions: { title: "Too many talks are open at once.", more: "End one of them under “Your talks”." },
  keys: {
    title: "You have asked for very many passes.",
    more: "Each makes room when it runs out. Try again in some minutes.",
  },
  refreshesPerSession: {
    title: "This talk is as long as a talk may get.",
    more: "Start a new one to go on.",
  },
  refreshHour: {
    title: "This talk was renewed too often in an hour.",
    more: "It can be renewed again soon.",
  },
  cooldown: {
    title: "A short break first.",
    more: "Between two talks there is one; the button counts it down.",
  },
  reads: { title: "That was asked for too often.", more: "It can be asked for again within a minute." },
  tools: { title: "Too many questions to a tool within a minute.", more: "Ask again in a moment." },
} as const satisfies Readonly<Record<string, Told>>;
