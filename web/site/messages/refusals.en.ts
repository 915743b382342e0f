/** What the page says about each refusal of the token API, by its `code`. */
export interface Told {
  readonly title: string;
  /** What to do about it. */
  readonly more: string;
}

export const refusals = {
  "invalid-request": {
    title: "These settings don’t work together.",
    more: "Change them and start again. This didn’t use up a talk.",
  },
  unauthenticated: { title: "You’re not signed in.", more: "Sign in again to continue." },
  "token-expired": { title: "Your sign-in has expired.", more: "Sign in again to continue." },
  forbidden: {
    title: "Your account doesn’t have access.",
    more: "Ask the site administrator for access, or sign in with another account.",
  },
  "app-check-failed": {
    title: "This page couldn’t be verified.",
    more: "Reload it from its usual address. If that doesn’t help, tell the site administrator.",
  },
  blocked: {
    title: "Your account is blocked.",
    more: "Ask the site administrator to lift the block.",
  },
  "not-found": { title: "That talk no longer exists.", more: "Start a new one." },
  "method-not-allowed": {
    title: "The page and its server are different versions.",
    more: "Reload the page. If that doesn’t help, tell the site administrator.",
  },
  "payload-too-large": {
    title: "Your instructions are too long.",
    more: "Shorten them in the settings and start again.",
  },
  "unsupported-media-type": {
    title: "The page and its server are different versions.",
    more: "Reload the page. If that doesn’t help, tell the site administrator.",
  },
  "session-ended": { title: "This talk was ended.", more: "Start a new one." },
  "session-expired": {
    title: "This talk reached its maximum length.",
    more: "Start a new one to continue.",
  },
  "replay-expired": { title: "This pass has expired.", more: "Start again." },
  "idempotency-key-reused": {
    title: "The talk couldn’t start.",
    more: "This was our mistake. Start again.",
  },
  "quota-exceeded": {
    title: "You’ve reached a limit.",
    more: "It resets automatically; the page shows a countdown.",
  },
  "upstream-rejected": {
    title: "Gemini rejected our request.",
    more: "This is our fault, and we’ve been notified. This didn’t use up a talk.",
  },
  "upstream-unavailable": {
    title: "Gemini isn’t available right now.",
    more: "This didn’t use up a talk. Try again in a moment.",
  },
  "store-unavailable": {
    title: "Talks can’t start right now.",
    more: "This didn’t use up a talk. Try again in a moment.",
  },
  "identity-unavailable": {
    title: "Your sign-in can’t be checked right now.",
    more: "This didn’t use up a talk. Try again in a moment.",
  },
  "minting-paused": {
    title: "New talks are paused.",
    more: "The site administrator has paused them. Ongoing talks may continue for a while.",
  },
  "weather-unavailable": {
    title: "The weather isn’t available right now.",
    more: "Ask again in a moment.",
  },
  "audit-unavailable": {
    title: "The audit trail can’t be loaded right now.",
    more: "Try again in a moment. Blocking and pausing still work.",
  },
  internal: { title: "Something went wrong on our side.", more: "Try again in a moment." },
} as const satisfies Readonly<Record<string, Told>>;

/** By limit. If several are exceeded, the page names the first of these, which resets last. */
export const limits = {
  day: {
    title: "You’ve used all your talks today.",
    more: "You can start the next one when the countdown ends.",
  },
  minutes: {
    title: "You’ve used today’s minutes.",
    more: "Minutes become available again after 24 hours.",
  },
  hour: {
    title: "You’ve used all your talks this hour.",
    more: "You can start the next one when the countdown ends.",
  },
  sessions: { title: "You have too many open talks.", more: "End one of them under “Your talks”." },
  keys: {
    title: "You’ve requested too many passes.",
    more: "Wait until some expire. Try again in a few minutes.",
  },
  refreshesPerSession: {
    title: "This talk reached its maximum length.",
    more: "Start a new one to continue.",
  },
  refreshHour: {
    title: "This talk was renewed too often this hour.",
    more: "It can be renewed again soon.",
  },
  cooldown: {
    title: "Please wait before the next talk.",
    more: "You can start it when the countdown ends.",
  },
  reads: { title: "Too many requests.", more: "Try again in a minute." },
  tools: { title: "Too many tool requests in a minute.", more: "Ask again in a moment." },
} as const satisfies Readonly<Record<string, Told>>;
