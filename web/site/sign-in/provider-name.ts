/** What to call somebody: by the claims of the ID token, or else of the provider's userinfo. */
import type { User } from "oidc-client-ts";

import { DEADLINE_MS } from "./ask.ts";

type Claims = Readonly<Record<string, unknown>>;

/** Empty if the provider sends no name; that is no reason not to let them in. */
export async function nameOf(user: User, userinfo: string | undefined): Promise<string> {
  const own = named({ ...user.profile });
  if (own !== "" || userinfo === undefined) return own;
  const claims = await asked(userinfo, user.access_token).catch(() => ({}));
  // Whose they are must be checked (OpenID Connect Core 1.0, section 5.3.2).
  return "sub" in claims && claims["sub"] === user.profile.sub ? named(claims) : "";
}

/** The claims of OpenID Connect Core 1.0, section 5.1, from the fullest to what is at least theirs. */
function named(claims: Claims): string {
  const text = (name: string): string => {
    const value = claims[name];
    return typeof value === "string" ? value.trim() : "";
  };
  const whole = [text("given_name"), text("family_name")].filter(Boolean).join(" ");
  return text("name") || whole || text("preferred_username") || text("nickname") || text("email");
}

async function asked(url: string, accessToken: string): Promise<Claims> {
  const answer = await fetch(url, {
    headers: { Authorization: `Bearer ${accessToken}` },
    signal: AbortSignal.timeout(DEADLINE_MS),
    credentials: "omit",
    cache: "no-store",
    referrerPolicy: "no-referrer",
  });
  const value: unknown = answer.ok ? await answer.json() : {};
  return typeof value === "object" && value !== null ? { ...value } : {};
}
