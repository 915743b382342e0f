/**
 * A second Content-Security-Policy, made from config.json before anyone can sign in. Policies only ever
 * add restrictions, so this one narrows what index.html allows: connections go only to this deployment's
 * own addresses, and scripts come only from the page's own folder, because on a bucket's path-style
 * address all buckets share one origin.
 */
import type { DeploymentConfig, SignInConfig } from "./config.ts";

const GEMINI = "wss://generativelanguage.googleapis.com";
const IDENTITY_PLATFORM = [
  "https://identitytoolkit.googleapis.com",
  "https://securetoken.googleapis.com",
];

export function narrowPolicy(config: DeploymentConfig, page: URL): void {
  const meta = document.createElement("meta");
  meta.httpEquiv = "Content-Security-Policy";
  meta.content = narrowedPolicy(config, page);
  document.head.append(meta);
}

export function narrowedPolicy(config: DeploymentConfig, page: URL): string {
  const folder = new URL("./", page);
  const own = `${folder.origin}${folder.pathname}`;
  const socket = `${folder.protocol === "https:" ? "wss" : "ws"}://${folder.host}`;
  const connect = new Set([
    own,
    socket,
    GEMINI,
    new URL(config.api).origin,
    ...signInOrigins(config.signIn),
  ]);
  return [
    `script-src ${own}`,
    `worker-src ${own}`,
    `style-src ${own}`,
    `connect-src ${[...connect].join(" ")}`,
  ].join("; ");
}

function signInOrigins(signIn: SignInConfig): readonly string[] {
  switch (signIn.kind) {
    case "local":
      return [new URL(signIn.url).origin];
    case "identity-platform":
      return signIn.url === undefined ? IDENTITY_PLATFORM : [new URL(signIn.url).origin];
    case "oidc":
      return [new URL(signIn.issuer).origin, ...signIn.origins];
    default:
      return signIn satisfies never;
  }
}
