/** The names this client uses for what `functions/openapi.yaml` defines. */

import type { components } from "./api.d.ts";

type Schemas = components["schemas"];

/** What a client may ask of a token; all of it optional. */
export type Wish = Partial<Omit<Schemas["MintRequest"], "turnDetection">> & {
  turnDetection?: Partial<Schemas["TurnDetection"]> | null;
};
export type TokenAnswer = Schemas["TokenAnswer"] & { readonly session: SessionSummary };
export type Limits = Schemas["UsageAnswer"];
export type Session = Schemas["SessionAnswer"] & Handover;
export type SessionSummary = Schemas["SessionSummary"] & Handover;
export type Config = Schemas["ConfigAnswer"];
export type ModelInfo = Schemas["ModelInfo"];
export type Problem = Schemas["Problem"];
/** Absent from a server that knows of no handovers, as null is from one where they are off. */
interface Handover {
  /** From then on a refresh continues the talk; before, it is another one and needs a slot. */
  readonly handoverAt?: string | null;
}
/** Tokens of a session, all its turns added up. */
export type UsageReport = Schemas["UsageReport"];
export type Weather = Schemas["WeatherAnswer"];
export type Violated = NonNullable<Problem["violated"]>[number];
