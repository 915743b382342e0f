/**
 * Addresses of our worker and worklet, for pages with Trusted Types. Such a page must allow our policy:
 * `trusted-types livepass-live`.
 */

interface Policy {
  createScriptURL(url: string): unknown;
}
interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): Policy;
}

let policy: Policy | null = null;

/** Return the absolute address, as a TrustedScriptURL where Trusted Types are supported. */
export function scriptUrl(url: string): string {
  const absolute = new URL(url, document.baseURI).href;
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
  policy ??= trustedTypes?.createPolicy("livepass-live", { createScriptURL: own }) ?? null;
  return (policy?.createScriptURL(absolute) ?? absolute) as string;
}

/** Allow only the page's own origin and the one this script came from. Throws a TypeError. */
function own(url: string): string {
  const { origin } = new URL(url);
  if (origin === location.origin || origin === new URL(import.meta.url).origin) return url;
  throw new TypeError("not a script of ours");
}
