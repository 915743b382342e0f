/** Loads the sign-in that config.json names, and no other. */
import type { SignInConfig } from "../deployment/config.ts";
import type { SignIn } from "./sign-in.ts";

/** With `admin`, ask the local issuer for the admin claim; the others decide that themselves. */
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
