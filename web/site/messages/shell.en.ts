/** What both pages say before anyone is signed in, in English. Fetched first, and on its own. */
import type { Told } from "./refusals.en.ts";

export const unreachable = {
  title: "Can’t reach the server.",
  more: "Check your connection and try again.",
} as const satisfies Told;

export const shell = {
  lang: "en",
  dir: "ltr",

  page: {
    title: "Talk with Gemini",
    name: "Livepass",
    skip: "Skip to the talk",
    loading: "Loading…",
    close: "Close",
    framed: {
      title: "This page doesn’t run inside another page.",
      more: "This keeps other sites from covering the microphone button.",
      open: "Open in a new tab",
    },
    broken: {
      title: "Couldn’t load the page.",
      why: unreachable,
      retry: "Reload",
    },
  },

  signIn: {
    lead: "Say it, show it, type it. Gemini answers in real time, and you can interrupt it at any time.",
    name: "Your name",
    nameHint: "Pick any name: letters, digits, dots, dashes and underscores.",
    enter: "Continue",
    email: "Email",
    password: "Password",
    emailEnter: "Sign in with email",
    emailFresh: "Create an account",
    google: "Continue with Google",
    anonymous: "Try without an account",
    provider: (name: string) => `Continue with ${name}`,
    or: "or",
    busy: "Signing in…",
    out: "Sign out",
    as: (name: string) => `Signed in as ${name}`,
    guest: "Guest",
    forgot: "Forgot password?",
    sent: {
      title: "Check your inbox.",
      more: "If there is an account for that address, a password reset email is on its way.",
    },
    failed: {
      refused: { title: "That didn’t work.", more: "Try again, or sign in another way." },
      unreachable: {
        title: "Can’t reach the sign-in service.",
        more: "Check your connection and try again.",
      },
      expired: { title: "Your sign-in has expired.", more: "Sign in again to continue." },
      cancelled: { title: "Sign-in was cancelled.", more: "Try again whenever you like." },
      "bad-name": {
        title: "Please choose another name.",
        more: "Use 1 to 64 letters, digits, dots, dashes or underscores.",
      },
      "bad-email": { title: "That isn’t an email address.", more: "Check it for typos." },
      "wrong-password": {
        title: "Wrong email or password.",
        more: "Try again, or reset your password.",
      },
      "weak-password": {
        title: "That password is too easy to guess.",
        more: "Use a longer one, with at least six characters.",
      },
      "email-taken": { title: "That email already has an account.", more: "Sign in with it instead." },
      "too-many": { title: "Too many attempts.", more: "Wait a few minutes and try again." },
      disabled: { title: "Your account is disabled.", more: "Ask the site administrator." },
      "switched-off": {
        title: "This sign-in method is turned off.",
        more: "Use another one, or ask the site administrator.",
      },
      "another-way": {
        title: "Your account uses another sign-in method.",
        more: "Sign in the way you did before.",
      },
    },
  },
} as const;
