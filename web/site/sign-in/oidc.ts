/**
 * Sign-in with any OpenID Connect provider: authorization code with PKCE, by oidc-client-ts. Only the
 * state of a redirect in progress is stored, in the tab, without tokens; users and their tokens stay in
 * memory.
 */
import { InMemoryWebStorage, UserManager, WebStorageStateStore, type User } from "oidc-client-ts";

import type { OidcSignIn } from "../deployment/config.ts";
import { KeptToken, type FreshToken } from "./kept-token.ts";
import { SignInFailed, type Person, type SignIn } from "./sign-in.ts";

export function oidcSignIn(config: OidcSignIn, page: URL): SignIn {
  const home = new URL(page.pathname, page).href;
  const manager = new UserManager({
    authority: config.issuer,
    client_id: config.clientId,
    redirect_uri: home,
    response_type: "code",
    scope: `openid ${config.scope}`,
    automaticSilentRenew: false,
    monitorSession: false,
    loadUserInfo: false,
    userStore: new WebStorageStateStore({ store: new InMemoryWebStorage() }),
    stateStore: new WebStorageStateStore({ store: sessionStorage, prefix: "livepass.oidc." }),
  });

  const kept = new KeptToken(async () => {
    const user = await manager.getUser();
    if (user?.refresh_token === undefined) throw new SignInFailed("expired");
    const renewed = await manager.signinSilent().catch(expired);
    if (renewed === null) throw new SignInFailed("expired");
    return fresh(renewed);
  });

  async function resume(): Promise<Person | undefined> {
    if (!page.searchParams.has("state")) return undefined;
    history.replaceState(null, "", home);
    if (page.searchParams.has("error")) throw new SignInFailed("cancelled");
    const user = await manager.signinRedirectCallback(page.href).catch(refused);
    kept.keep(fresh(user));
    return { name: user.profile.name ?? user.profile.preferred_username ?? user.profile.email ?? "" };
  }

  return {
    ways: ["provider"],
    providerName: config.name,
    resume,
    enter: async () => {
      await manager.signinRedirect().catch(unreachable);
      return undefined;
    },
    idToken: (signal, renew) => kept.value(signal, renew),
    leave: () => {
      kept.forget();
      void manager.removeUser();
    },
  };
}

function fresh(user: User): FreshToken {
  if (user.id_token === undefined) throw new SignInFailed("refused");
  return { value: user.id_token, expiresAtMs: user.profile.exp * 1000 };
}

function expired(cause: unknown): never {
  throw new SignInFailed("expired", { cause });
}

function refused(cause: unknown): never {
  throw new SignInFailed("refused", { cause });
}

function unreachable(cause: unknown): never {
  throw new SignInFailed("unreachable", { cause });
}
