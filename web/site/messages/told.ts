/** Finds the message for anything that can go wrong, in the API or in the client. */
import type { LiveErrorCode } from "../../client/errors.ts";
import type { Trouble } from "../../client/state.ts";
import { messages, type Told } from "./index.ts";

/** Codes of the API and of the client. A client code without a message does not compile. */
const told = { ...messages.refusals, ...messages.failures } satisfies Readonly<
  Record<LiveErrorCode | Trouble, Told>
>;

export type Code = keyof typeof told;

export function tell(code: string): Told {
  return isKnown(code) ? told[code] : told.internal;
}

/** Like `toldOf`, in the middle of a talk, where a microphone can be opened again by unmuting. */
export function tellInTalk(code: string, violated: readonly string[]): Told {
  const again: Readonly<Record<string, Told>> = messages.microphoneLost;
  return (Object.hasOwn(again, code) ? again[code] : undefined) ?? toldOf(code, violated);
}

/** Like `tell`, but `quota-exceeded` is explained by the limits that were exceeded. */
export function toldOf(code: string, violated: readonly string[]): Told {
  return code === "quota-exceeded" ? tellLimit(violated) : tell(code);
}

export function isKnown(code: string): code is Code {
  return Object.hasOwn(told, code);
}

/** The message for the exceeded limit that resets last; the messages are in that order. */
export function tellLimit(violated: readonly string[]): Told {
  const holding = Object.entries<Told>(messages.limits).find(([name]) => violated.includes(name));
  return holding?.[1] ?? told["quota-exceeded"];
}
