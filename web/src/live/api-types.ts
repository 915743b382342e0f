/** The names this client uses for what `functions/openapi.yaml` defines. */

import type { components } from "./api.d.ts";

type Schemas = components["schemas"];

/** What a client may ask of a token; all of it optional. */
export type Wish = Partial<Omit<Schemas["MintRequest"], "turnDetection">> & {
  turnDetection?: Partial<Schemas["TurnDetection"]> | null;
};
export type TokenAnswer = Schemas["TokenAnswer"];
export type Limits = Schemas["UsageAnswer"];
export type Session = Schemas["SessionAnswer"];
export type SessionSummary = Schemas["SessionSummary"];
export type Config = Schemas["ConfigAnswer"];
export type ModelInfo = Schemas["ModelInfo"];
export type Problem = Schemas["Problem"];
/** Tokens of a session, all its turns added up. */
export type UsageReport = Schemas["UsageReport"];
export type Weather = Schemas["WeatherAnswer"];
export type Violated = NonNullable<Problem["violated"]>[number];
