/** The sentence for anything that can go wrong, in the API or in the client. */
import type { LiveErrorCode } from "../../client/errors.ts";
import { messages, type Told } from "./index.ts";

/** Codes of the API and of the client, together; a client's code without words does not compile. */
const told = { ...messages.refusals, ...messages.failures } satisfies Readonly<
  Record<LiveErrorCode, Told>
>;

export type Code = keyof typeof told;

export function tell(code: string): Told {
  return isKnown(code) ? told[code] : told.internal;
}

/** As `tell`; a `quota-exceeded` by the limits it violates. */
export function toldOf(code: string, violated: readonly string[]): Told {
  return code === "quota-exceeded" ? tellLimit(violated) : tell(code);
}

export function isKnown(code: string): code is Code {
  return Object.hasOwn(told, code);
}

/** What to say of a `quota-exceeded`: the limit that lets go last, in the order of the messages. */
export function tellLimit(violated: readonly string[]): Told {
  const holding = Object.entries<Told>(messages.limits).find(([name]) => violated.includes(name));
  return holding?.[1] ?? told["quota-exceeded"];
}
