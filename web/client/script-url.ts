/**
 * Addresses of our own worker and worklets, as a page with Trusted Types wants them. Such a page
 * allows the policy `livepass-live`: `trusted-types livepass-live`.
 */

interface Policy {
  createScriptURL(url: string): unknown;
}
interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): Policy;
}

let policy: Policy | null = null;

/** The address, absolute; as a TrustedScriptURL where there are Trusted Types. */
export function scriptUrl(url: string): string {
  const absolute = new URL(url, document.baseURI).href;
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
  policy ??= trustedTypes?.createPolicy("livepass-live", { createScriptURL: own }) ?? null;
  return (policy?.createScriptURL(absolute) ?? absolute) as string;
}

/** Of this page's origin, or of where this very script was loaded from. */
function own(url: string): string {
  const { origin } = new URL(url);
  if (origin === location.origin || origin === new URL(import.meta.url).origin) return url;
  throw new TypeError("not a script of ours");
}
