/**
 * Who signs people in, behind one interface. ID tokens live in memory only, in the closure or the
 * private field of the one that got them; whoever needs one asks, and gets one that is good for at
 * least a minute.
 */
export interface Person {
  /** What the page calls them; never more than they typed or the provider says. */
  readonly name: string;
}

/** What the sign-in page offers, and sends back filled in. */
export type Entry =
  | { readonly way: "name"; readonly name: string }
  | { readonly way: "email"; readonly email: string; readonly password: string; readonly fresh: boolean }
  | { readonly way: "google" }
  | { readonly way: "anonymous" }
  | { readonly way: "provider" };

export interface SignIn {
  /** The ways in, in the order to show them; `provider` is called by `providerName`. */
  readonly ways: readonly Entry["way"][];
  readonly providerName: string;
  /** Whoever is signed in already or comes back from a provider; undefined for nobody. */
  resume(signal: AbortSignal): Promise<Person | undefined>;
  /** Sign in. Undefined when the browser is on its way to a provider. Throws SignInFailed. */
  enter(entry: Entry, signal: AbortSignal): Promise<Person | undefined>;
  /**
   * Return an ID token that is good for a minute or more; `renew` one that was refused though it
   * looks good. Throws SignInFailed.
   */
  idToken(signal: AbortSignal, renew?: boolean): Promise<string>;
  /** Send a message to choose a new password, where there are passwords. Throws SignInFailed. */
  forgot?(email: string, signal: AbortSignal): Promise<void>;
  leave(): void;
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

/** Why nobody could be signed in; the page has a sentence for each reason. */
export class SignInFailed extends Error {
  constructor(
    readonly reason: SignInFailure,
    options?: ErrorOptions,
  ) {
    super(`sign-in: ${reason}`, options);
  }
}
