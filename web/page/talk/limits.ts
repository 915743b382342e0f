/**
 * Calculates what is left of a person's limits, and when the next talk may start, by the server's clock.
 */
import type { Limits as Usage } from "../../client/index.ts";

export interface Left {
  readonly name: "hour" | "day" | "sessions";
  readonly limit: number;
  /** How much is left. */
  readonly left: number;
  /** When one is available again, if none is left; RFC 3339. */
  readonly freeAt: string | undefined;
}

/** The limits that are turned on. */
export function left(usage: Usage): readonly Left[] {
  const shown: Left[] = [];
  for (const name of ["hour", "day"] as const) {
    const { limit, remaining, resetsAt } = usage[name];
    if (limit === null || remaining === null) continue;
    shown.push({
      name,
      limit,
      left: remaining,
      freeAt: remaining > 0 ? undefined : (resetsAt ?? undefined),
    });
  }
  const { limit, active } = usage.sessions;
  if (limit !== null) {
    shown.push({ name: "sessions", limit, left: Math.max(0, limit - active), freeAt: undefined });
  }
  return shown;
}

export type Next =
  | { readonly kind: "now" }
  /** `seconds` until a talk may start; `why` is the limit that holds longest. */
  | { readonly kind: "wait"; readonly why: "cooldown" | "hour" | "day"; readonly seconds: number }
  /** Waiting does not help; ending a talk does. */
  | { readonly kind: "full" };

/** Return when the next talk may start. */
export function next(usage: Usage, serverNowMs: number): Next {
  const waits = [
    { why: "cooldown" as const, until: usage.cooldown.endsAt },
    { why: "hour" as const, until: usage.hour.remaining === 0 ? usage.hour.resetsAt : null },
    { why: "day" as const, until: usage.day.remaining === 0 ? usage.day.resetsAt : null },
  ].flatMap(({ why, until }) => {
    const seconds = until === null ? 0 : (Date.parse(until) - serverNowMs) / 1000;
    return seconds > 0 ? [{ kind: "wait" as const, why, seconds }] : [];
  });
  const longest = waits.sort((a, b) => b.seconds - a.seconds)[0];
  if (longest !== undefined) return longest;
  const { limit, active } = usage.sessions;
  return limit !== null && active >= limit ? { kind: "full" } : { kind: "now" };
}
