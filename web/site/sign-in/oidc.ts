/**
 * Sign-in with any OpenID Connect provider: authorization code with PKCE, by oidc-client-ts. Only the
 * state of a redirect in progress is stored, in the tab, without tokens. Users and their tokens,
 * refresh tokens too, stay in memory: a page has no safer place (OAuth 2.0 for Browser-Based
 * Applications, section 8), and what a script could read there, it could ask for as well.
 */
import { InMemoryWebStorage, UserManager, WebStorageStateStore, type User } from "oidc-client-ts";

import type { OidcSignIn } from "../deployment/config.ts";
import { provider as words } from "../messages/provider.en.ts";
import type { Told } from "../messages/refusals.en.ts";
import { homeOf } from "./home.ts";
import { KeptToken, type FreshToken } from "./kept-token.ts";
import { providerFailure, type Step } from "./provider-failures.ts";
import { nameOf } from "./provider-name.ts";
import { SignInFailed, type Person, type SignIn } from "./sign-in.ts";

const DEADLINE_S = 10;
/** How long signing out waits for the provider to revoke the refresh token. */
const REVOKE_MS = 3000;
/** In the tab, after signing out: the provider must ask who it is. */
const SIGNED_OUT = "livepass.signed-out";
const OFFLINE = "offline_access";

export function oidcSignIn(config: OidcSignIn, page: URL, storage: Storage = sessionStorage): SignIn {
  return new Provider(config, page, storage).signIn();
}

class Provider {
  readonly #home: string;
  readonly #manager: UserManager;
  readonly #kept: KeptToken;
  /** What is asked for; less than configured, where the provider does not know all of it. */
  #scope: string;
  /** When to renew silently, and no sooner: half-way to the token's end, or the page might come and go for ever. */
  #renewFromMs = Infinity;

  constructor(
    private readonly config: OidcSignIn,
    private readonly page: URL,
    private readonly storage: Storage,
  ) {
    this.#home = homeOf(page);
    this.#scope = `openid ${config.scope}`;
    this.#manager = new UserManager({
      authority: config.issuer,
      client_id: config.clientId,
      redirect_uri: this.#home,
      post_logout_redirect_uri: this.#home,
      response_type: "code",
      automaticSilentRenew: false,
      monitorSession: false,
      loadUserInfo: false,
      requestTimeoutInSeconds: DEADLINE_S,
      silentRequestTimeoutInSeconds: DEADLINE_S,
      revokeTokenTypes: ["refresh_token"],
      userStore: new WebStorageStateStore({ store: new InMemoryWebStorage() }),
      stateStore: new WebStorageStateStore({ store: storage, prefix: "livepass.oidc." }),
    });
    this.#kept = new KeptToken(async () => this.#renewed());
  }

  signIn(): SignIn {
    return {
      ways: ["provider"],
      providerName: this.config.name,
      resume: async () => this.#resume(),
      enter: async () => this.#enter(),
      idToken: (signal, how) => this.#kept.value(signal, how),
      leave: (why) => (why === undefined ? this.#signOut() : this.#renewSilently()),
    };
  }

  async #resume(): Promise<Person | undefined> {
    if (!this.page.searchParams.has("state")) return undefined;
    history.replaceState(null, "", this.#home);
    const endpoints = await this.#endpoints();
    const { token_endpoint: asked } = endpoints;
    const user = await this.#manager.signinRedirectCallback(this.page.href).catch(this.#failed(asked));
    const token = fresh(user);
    this.#kept.keep(token);
    this.#renewFromMs = (Date.now() + token.expiresAtMs) / 2;
    this.storage.removeItem(SIGNED_OUT);
    return { name: await nameOf(user, endpoints.userinfo_endpoint) };
  }

  async #enter(): Promise<undefined> {
    const { authorization_endpoint: asked } = await this.#endpoints();
    // Without consent, a provider ignores offline_access (OpenID Connect Core 1.0, section 11).
    const usual = this.#scope.split(" ").includes(OFFLINE) ? "consent" : "";
    const words = (this.config.prompt ?? usual).split(" ").filter(Boolean);
    if (this.storage.getItem(SIGNED_OUT) !== null) words.unshift("login");
    const prompt = [...new Set(words)].join(" ");
    await this.#manager
      .signinRedirect({ scope: this.#scope, ...(prompt === "" ? {} : { prompt }) })
      .catch(this.#failed(asked));
    return undefined;
  }

  async #endpoints() {
    const discovery = `${this.config.issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
    const found = await this.#manager.metadataService.getMetadata().catch(this.#failed(discovery));
    // Some providers refuse a scope that they do not know, instead of ignoring it.
    if (found.scopes_supported?.includes(OFFLINE) === false)
      this.#scope = this.#scope
        .split(" ")
        .filter((scope) => scope !== OFFLINE)
        .join(" ");
    return found;
  }

  async #renewed(): Promise<FreshToken> {
    const user = await this.#manager.getUser();
    if (user?.refresh_token === undefined) throw new SignInFailed("expired");
    const { token_endpoint: asked } = await this.#endpoints();
    const renewed = await this.#manager.signinSilent().catch(async (error: unknown) => {
      const failure = await providerFailure(error, this.#step(asked));
      if (failure.reason === "unreachable") throw failure;
      throw new SignInFailed("expired", { cause: failure });
    });
    if (renewed === null || renewed.id_token === user.id_token) throw new SignInFailed("expired");
    return fresh(renewed);
  }

  /**
   * Sign in again without asking anybody, while the provider still knows them. It takes a redirect: a
   * frame would be refused by the page's policy, and have no cookies in most browsers.
   */
  async #renewSilently(): Promise<undefined> {
    this.#kept.forget();
    await this.#manager.removeUser();
    if (Date.now() < this.#renewFromMs) return;
    this.#renewFromMs = Infinity;
    // If that fails, the page says that the sign-in has expired.
    await this.#manager.signinRedirect({ scope: this.#scope, prompt: "none" }).catch(() => undefined);
  }

  /** Revoke the refresh token (RFC 7009), then end the session at the provider (RP-Initiated Logout 1.0). */
  async #signOut(): Promise<Told | undefined> {
    this.#kept.forget();
    this.storage.setItem(SIGNED_OUT, "");
    const user = await this.#manager.getUser();
    const endpoints = await this.#endpoints().catch(() => undefined);
    if (endpoints?.revocation_endpoint !== undefined)
      await Promise.race([this.#manager.revokeTokens().catch(() => undefined), elapsed(REVOKE_MS)]);
    await this.#manager.removeUser();
    if (endpoints?.end_session_endpoint === undefined || user?.id_token === undefined)
      return words.stillIn(this.config.name);
    await this.#manager.signoutRedirect({
      id_token_hint: user.id_token,
      extraQueryParams: { client_id: this.config.clientId },
    });
    return undefined;
  }

  #step(asked: string | undefined): Step {
    const { config } = this;
    return { config, home: this.#home, asked: asked ?? config.issuer, scope: this.#scope };
  }

  #failed(asked: string | undefined) {
    return async (error: unknown): Promise<never> => {
      throw await providerFailure(error, this.#step(asked));
    };
  }
}

/** It lives for as long as the provider says, from now on: the clock of this device may be off. */
function fresh({ id_token: value, profile }: User): FreshToken {
  if (value === undefined) throw new SignInFailed("refused");
  return { value, expiresAtMs: Date.now() + (profile.exp - profile.iat) * 1000 };
}

async function elapsed(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
