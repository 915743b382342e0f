/**
 * What went wrong at an OpenID provider: in the page's words for people, and in the console with what
 * to do about it for the operator. The codes are those of RFC 6749 (4.1.2.1, 5.2), OpenID Connect Core
 * 1.0 (3.1.2.6), RFC 8707 and RFC 9126; a provider that knows neither the client nor its redirect URI
 * shows a page of its own instead.
 */
import { ErrorResponse, ErrorTimeout } from "oidc-client-ts";

import type { OidcSignIn } from "../deployment/config.ts";
import { provider as words } from "../messages/provider.en.ts";
import { tellOperator } from "./operator.ts";
import { SignInFailed } from "./sign-in.ts";

/** Where the sign-in was when it failed. */
export interface Step {
  readonly config: OidcSignIn;
  /** The page's own address, which is its redirect URI. */
  readonly home: string;
  /** Which address of the provider was asked. */
  readonly asked: string;
  /** The scopes that were asked for. */
  readonly scope: string;
}

/** The provider wants to ask the person something, which a silent request does not allow. */
const WANTS_THE_PERSON: ReadonlySet<string> = new Set([
  "login_required",
  "interaction_required",
  "consent_required",
  "account_selection_required",
]);

const BUSY: ReadonlySet<string> = new Set(["server_error", "temporarily_unavailable"]);

/** What the operator has to change, by the provider's code. */
const MENDS: Readonly<Record<string, (step: Step) => string>> = {
  invalid_scope: ({ scope }) =>
    `It was asked for "${scope}". Take what it doesn't have out of signIn.scope in config.json.`,
  unauthorized_client: ({ config, scope }) =>
    `Allow client ${config.clientId} the authorization code flow${scope.includes("offline_access") ? ", and refresh tokens" : ""}.`,
  invalid_client: ({ config }) =>
    `Check signIn.clientId in config.json, ${config.clientId}; register it as a public client (no secret, token_endpoint_auth_method "none").`,
  unsupported_response_type: ({ config }) => `Allow client ${config.clientId} the response type "code".`,
  unsupported_grant_type: ({ config }) =>
    `Allow client ${config.clientId} the grant types authorization_code and refresh_token.`,
  invalid_request: ({ home }) => `Register exactly ${home} as redirect URI, and allow PKCE with S256.`,
  invalid_grant: ({ home }) =>
    `The code was used twice or too late, or the redirect URI isn't exactly ${home}, or PKCE with S256 isn't allowed.`,
  unmet_authentication_requirements: () =>
    "The account can't sign in as strongly as the client demands.",
  invalid_target: () => "The client must name a resource, which the page doesn't.",
  registration_not_supported: ({ config }) => `Register client ${config.clientId} there.`,
  request_not_supported: ({ config }) =>
    `Client ${config.clientId} must not demand signed requests (request objects).`,
  request_uri_not_supported: ({ config }) =>
    `Client ${config.clientId} must not demand pushed requests (PAR).`,
  invalid_request_object: ({ config }) =>
    `Client ${config.clientId} must not demand signed requests (request objects).`,
  invalid_request_uri: ({ config }) =>
    `Client ${config.clientId} must not demand pushed requests (PAR).`,
  access_denied: () => "The person refused, or a rule at the provider does.",
  server_error: () => "Look at the provider's log.",
  temporarily_unavailable: () => "The provider is busy or under maintenance.",
};

export async function providerFailure(cause: unknown, step: Step): Promise<SignInFailed> {
  if (cause instanceof SignInFailed) return cause;
  if (cause instanceof ErrorResponse) return refused(cause, step);
  const { name } = step.config;
  if (cause instanceof ErrorTimeout) {
    tellOperator(`${step.asked} did not answer in time.`);
    return failed("unreachable", words.slow(name), cause);
  }
  if (cause instanceof TypeError) return notRead(cause, step);
  const why = cause instanceof Error ? cause.message : String(cause);
  if (/^No matching state|^State does not match|^No state in response|mismatch on settings/.test(why)) {
    tellOperator(
      `The answer is to a sign-in that this tab doesn't know (${why}). Somebody went back, or opened a link.`,
    );
    return failed("refused", words.elsewhere(), cause);
  }
  if (/crypto\.subtle|secure context/i.test(why)) {
    tellOperator("PKCE needs https, or localhost: browsers give crypto.subtle to nothing else.");
    return failed("refused", words.insecure(), cause);
  }
  tellOperator(
    `${step.asked} answered what is no OpenID Connect: ${why}. Check signIn.issuer in config.json.`,
  );
  return failed("refused", words.odd(name), cause);
}

function refused(error: ErrorResponse, step: Step): SignInFailed {
  const code = error.error ?? "";
  const known = Object.hasOwn(MENDS, code) || WANTS_THE_PERSON.has(code);
  const told = error.error_description === null ? "" : `: ${error.error_description}`;
  if (WANTS_THE_PERSON.has(code)) return new SignInFailed("expired", { cause: error });
  tellOperator(`${step.asked} refused: ${code}${told}. ${MENDS[code]?.(step) ?? ""}`);
  if (code === "access_denied") return new SignInFailed("cancelled", { cause: error });
  const { name } = step.config;
  if (BUSY.has(code)) return failed("unreachable", words.busy(name), error);
  return failed("refused", words.setUp(name, known ? code : "unknown error"), error);
}

/** The browser does not say why it reads nothing; a request whose answer nobody reads shows it. */
async function notRead(cause: TypeError, { config, home, asked }: Step): Promise<SignInFailed> {
  const { origin } = new URL(asked);
  if (![new URL(config.issuer).origin, new URL(home).origin, ...config.origins].includes(origin)) {
    tellOperator(
      `The page's policy doesn't allow ${asked}. Add "${origin}" to signIn.origins in config.json.`,
    );
    return failed("refused", words.closed(config.name), cause);
  }
  const answers = await fetch(asked, {
    mode: "no-cors",
    credentials: "omit",
    cache: "no-store",
    signal: AbortSignal.timeout(5000),
  }).then(
    () => true,
    () => false,
  );
  if (!answers) {
    tellOperator(`${asked} can't be reached from this browser: ${cause.message}.`);
    return failed("unreachable", words.unreachable(config.name), cause);
  }
  tellOperator(
    `${asked} answers, but lets no page of ${new URL(home).origin} read it. Allow that origin there (CORS).`,
  );
  return failed("refused", words.closed(config.name), cause);
}

function failed(
  reason: "refused" | "unreachable",
  told: { title: string; more: string },
  cause: unknown,
): SignInFailed {
  return new SignInFailed(reason, { cause }, told);
}
