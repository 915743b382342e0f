/**
 * Signing in, behind one interface. ID tokens are kept in memory only, by the implementation that got
 * them. Callers ask for one whenever they need it.
 */
import type { Told } from "../messages/refusals.en.ts";

export interface Person {
  /** Their name on the page: what they typed, or what the provider says. */
  readonly name: string;
}

/** A sign-in method, as the sign-in page offers it and filled in. */
export type Entry =
  | { readonly way: "name"; readonly name: string }
  | { readonly way: "email"; readonly email: string; readonly password: string; readonly fresh: boolean }
  | { readonly way: "google" }
  | { readonly way: "anonymous" }
  | { readonly way: "provider" };

export interface SignIn {
  /** Sign-in methods, in the order to show them; `provider` has the name `providerName`. */
  readonly ways: readonly Entry["way"][];
  readonly providerName: string;
  /** Return who is already signed in, or comes back from a provider, or undefined. */
  resume(signal: AbortSignal): Promise<Person | undefined>;
  /** Sign in. Returns undefined when the browser leaves for a provider. Throws SignInFailed. */
  enter(entry: Entry, signal: AbortSignal): Promise<Person | undefined>;
  /**
   * Return an ID token: one that is valid for at least a minute, or the last one if it cannot be
   * renewed. `refresh` replaces one that was refused; `late` takes the last one as it is. Throws
   * SignInFailed.
   */
  idToken(signal: AbortSignal, how?: { refresh?: boolean; late?: boolean }): Promise<string>;
  /** Send a password reset email, where there are passwords. Throws SignInFailed. */
  forgot?(email: string, signal: AbortSignal): Promise<void>;
  /**
   * Sign out here, and at the provider where it can be done. With `expired`, the sign-in has ended by
   * itself. The browser may leave for the provider; otherwise, the result is what to say.
   */
  leave(why?: "expired"): void | Promise<Told | undefined>;
}

export type SignInFailure =
  | "refused"
  | "unreachable"
  | "expired"
  | "cancelled"
  | "bad-name"
  | "bad-email"
  | "wrong-password"
  | "weak-password"
  | "email-taken"
  | "too-many"
  | "disabled"
  | "switched-off"
  | "another-way";

/** Why a sign-in failed; the page has a message for each reason. */
export class SignInFailed extends Error {
  constructor(
    readonly reason: SignInFailure,
    options?: ErrorOptions,
    /** What to say instead of the message for the reason. */
    readonly told?: Told,
  ) {
    super(`sign-in: ${reason}`, options);
  }
}
