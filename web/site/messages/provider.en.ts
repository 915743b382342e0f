/** What the page says when signing in with an OpenID provider fails, in English; `name` is the provider's. */
import type { Told } from "./refusals.en.ts";

export const provider = {
  setUp: (name: string, code: string) => ({
    title: `${name} doesn’t accept this page’s sign-in.`,
    more: `This isn’t your doing, and trying again won’t help. Tell the site administrator: ${code}.`,
  }),
  busy: (name: string) => ({
    title: `${name} has a problem.`,
    more: "This isn’t your doing. Try again in a few minutes.",
  }),
  unreachable: (name: string) => ({
    title: `Can’t reach ${name}.`,
    more: "Check your connection and try again.",
  }),
  slow: (name: string) => ({
    title: `${name} took too long to answer.`,
    more: "Try again in a moment.",
  }),
  closed: (name: string) => ({
    title: `This page isn’t allowed to read ${name}’s answers.`,
    more: "This isn’t your doing, and trying again won’t help. Tell the site administrator.",
  }),
  odd: (name: string) => ({
    title: `${name}’s answer makes no sense.`,
    more: "Try again. If that doesn’t help, tell the site administrator.",
  }),
  elsewhere: () => ({
    title: "This sign-in wasn’t started here, or too long ago.",
    more: "Sign in again, in this tab.",
  }),
  insecure: () => ({
    title: "Your browser can’t sign in at this address.",
    more: "Open the page at an https:// address, or at localhost on this machine.",
  }),
  stillIn: (name: string) => ({
    title: "You’re signed out here.",
    more: `${name} may still know you in this browser. On a shared computer, sign out there, too.`,
  }),
} as const satisfies Readonly<Record<string, (name: string, code: string) => Told>>;
