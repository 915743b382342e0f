/** This client's names for the schemas in `functions/openapi.yaml`. */

import type { components } from "./api.d.ts";

type Schemas = components["schemas"];

/** What a client may request of a token; everything is optional. */
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
/** Absent on servers older than handovers; null where handovers are off. */
interface Handover {
  /** From then on, a refresh continues the talk; before, it is another talk and needs a slot. */
  readonly handoverAt?: string | null;
}
/** Token counts of a session, all turns added up. */
export type UsageReport = Schemas["UsageReport"];
export type Weather = Schemas["WeatherAnswer"];
export type Violated = NonNullable<Problem["violated"]>[number];
