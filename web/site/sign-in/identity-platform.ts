/**
 * Sign-in with Identity Platform (Firebase Authentication), over its REST API: Google, email, anonymous.
 * The SDK is not used, because it opens Google's pop-up through a script from apis.google.com, which a
 * strict policy refuses, and keeps refresh tokens in IndexedDB.
 *
 * Google redirects back with a code in the query, which Identity Platform exchanges, so no token is ever
 * in an address. The page's own address must be among the authorised redirect URIs of the Google client.
 * https://cloud.google.com/identity-platform/docs/use-rest-api
 */
import type { IdentityPlatformSignIn } from "../deployment/config.ts";
import { ask, Refused, text, type Answer } from "./ask.ts";
import { homeOf } from "./home.ts";
import { KeptToken, type FreshToken } from "./kept-token.ts";
import { SignInFailed, type Entry, type Person, type SignIn, type SignInFailure } from "./sign-in.ts";

const TOOLKIT = "identitytoolkit.googleapis.com";
const SECURE_TOKEN = "securetoken.googleapis.com";
/** Ties the answer to the request that caused it; useless to anyone else. */
const LOGIN_SESSION = "livepass.login-session";

/**
 * Email and password errors are not told apart, so that nobody learns who has an account. A project with
 * enumeration protection answers INVALID_LOGIN_CREDENTIALS for both.
 */
const REASONS: Readonly<Record<string, SignInFailure>> = {
  EMAIL_NOT_FOUND: "wrong-password",
  INVALID_PASSWORD: "wrong-password",
  INVALID_LOGIN_CREDENTIALS: "wrong-password",
  INVALID_EMAIL: "bad-email",
  MISSING_EMAIL: "bad-email",
  EMAIL_EXISTS: "email-taken",
  FEDERATED_USER_ID_ALREADY_LINKED: "email-taken",
  WEAK_PASSWORD: "weak-password",
  PASSWORD_DOES_NOT_MEET_REQUIREMENTS: "weak-password",
  TOO_MANY_ATTEMPTS_TRY_LATER: "too-many",
  QUOTA_EXCEEDED: "too-many",
  USER_DISABLED: "disabled",
  OPERATION_NOT_ALLOWED: "switched-off",
  PASSWORD_LOGIN_DISABLED: "switched-off",
  ADMIN_ONLY_OPERATION: "switched-off",
  TOKEN_EXPIRED: "expired",
  INVALID_REFRESH_TOKEN: "expired",
  MISSING_REFRESH_TOKEN: "expired",
  USER_NOT_FOUND: "expired",
};

export function identityPlatformSignIn(
  config: IdentityPlatformSignIn,
  page: URL,
  storage: Storage = sessionStorage,
): SignIn {
  const at = (host: string): string =>
    config.url === undefined ? `https://${host}` : `${config.url}/${host}`;
  const home = homeOf(page);
  let refreshToken: string | undefined;

  const kept = new KeptToken(async (signal) => {
    if (refreshToken === undefined) throw new SignInFailed("expired");
    const body = new URLSearchParams({ grant_type: "refresh_token", refresh_token: refreshToken });
    const answer = await call(`${at(SECURE_TOKEN)}/v1/token`, body, signal);
    return fresh(answer, "id_token", "refresh_token", "expires_in");
  });

  function fresh(answer: Answer, token: string, refresh: string, life: string): FreshToken {
    refreshToken = text(answer, refresh);
    return { value: text(answer, token), expiresAtMs: Date.now() + Number(text(answer, life)) * 1000 };
  }

  async function call(url: string, body: object, signal: AbortSignal): Promise<Answer> {
    try {
      return await ask(`${url}?key=${encodeURIComponent(config.apiKey)}`, body, signal);
    } catch (error) {
      if (error instanceof Refused)
        throw new SignInFailed(REASONS[error.message] ?? "refused", { cause: error });
      throw error;
    }
  }

  async function ofAccounts(method: string, body: object, signal: AbortSignal): Promise<Answer> {
    return call(`${at(TOOLKIT)}/v1/accounts:${method}`, body, signal);
  }

  async function account(method: string, body: object, signal: AbortSignal): Promise<Person> {
    const answer = await ofAccounts(method, { ...body, returnSecureToken: true }, signal);
    // A second factor (mfaPendingCredential), or another sign-in method first (needConfirmation), is
    // required.
    if (answer["idToken"] === undefined) throw new SignInFailed("another-way");
    kept.keep(fresh(answer, "idToken", "refreshToken", "expiresIn"));
    const name = answer["displayName"] ?? answer["email"];
    return { name: typeof name === "string" ? name : "" };
  }

  async function toGoogle(signal: AbortSignal): Promise<void> {
    const body = { providerId: "google.com", continueUri: home, authFlowType: "CODE_FLOW" };
    const answer = await ofAccounts("createAuthUri", body, signal);
    storage.setItem(LOGIN_SESSION, text(answer, "sessionId"));
    location.assign(text(answer, "authUri"));
  }

  async function resume(signal: AbortSignal): Promise<Person | undefined> {
    const sessionId = storage.getItem(LOGIN_SESSION);
    storage.removeItem(LOGIN_SESSION);
    if (sessionId === null || !page.searchParams.has("state")) return undefined;
    history.replaceState(null, "", home);
    if (page.searchParams.has("error")) throw new SignInFailed("cancelled");
    return account("signInWithIdp", { requestUri: page.href, sessionId }, signal);
  }

  /** Without an account, no email is sent, and the answer is the same. */
  async function forgot(email: string, signal: AbortSignal): Promise<void> {
    await ofAccounts("sendOobCode", { requestType: "PASSWORD_RESET", email }, signal).catch(
      (error: unknown) => {
        if (!(error instanceof SignInFailed && error.reason === "wrong-password")) throw error;
      },
    );
  }

  async function enter(entry: Entry, signal: AbortSignal): Promise<Person | undefined> {
    switch (entry.way) {
      case "google":
        await toGoogle(signal);
        return undefined;
      case "email": {
        const { email, password } = entry;
        return account(entry.fresh ? "signUp" : "signInWithPassword", { email, password }, signal);
      }
      case "anonymous":
        return account("signUp", {}, signal);
      case "name":
      case "provider":
        throw new SignInFailed("refused");
      default:
        return entry satisfies never;
    }
  }

  return {
    ways: config.ways,
    providerName: "Google",
    resume,
    enter,
    forgot,
    idToken: (signal, how) => kept.value(signal, how),
    leave: () => {
      kept.forget();
      refreshToken = undefined;
    },
  };
}
