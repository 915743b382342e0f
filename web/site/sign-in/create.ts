/** Whoever signs people in here: what the configuration names, and nothing else, is loaded. */
import type { SignInConfig } from "../deployment/config.ts";
import type { SignIn } from "./sign-in.ts";

/** Only at the local issuer can one ask to be an admin. */
export async function createSignIn(
  config: SignInConfig,
  page: URL,
  { admin = false } = {},
): Promise<SignIn> {
  switch (config.kind) {
    case "local":
      return (await import("./local.ts")).localSignIn(config, sessionStorage, admin);
    case "identity-platform":
      return (await import("./identity-platform.ts")).identityPlatformSignIn(config, page);
    case "oidc":
      return (await import("./oidc.ts")).oidcSignIn(config, page);
    default:
      return config satisfies never;
  }
}
