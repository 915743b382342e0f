/** All that the admin dashboard shows, as one value: the view is drawn from it and from nothing else. */
import type { components } from "../client/api/api.d.ts";
import type { Told } from "../site/messages/index.ts";
import type { ShellState } from "../site/shell.ts";

type Schemas = components["schemas"];
export type Overview = Schemas["OverviewAnswer"];
export type Blocks = Schemas["BlocksAnswer"];
export type User = Schemas["AdminUserAnswer"];
export type Audit = Schemas["AuditAnswer"];
export type Ruling = Schemas["RulingAnswer"];

export type AdminState =
  | ShellState
  /** Signed in, and no admin. */
  | { readonly name: "refused" }
  | Watching;

/** Read, on its way (undefined), or the code of what refused it. */
export type Read<T> = { readonly value: T } | { readonly code: string } | undefined;

export interface Watching {
  readonly name: "watching";
  readonly who: string;
  readonly overview: Read<Overview>;
  readonly blocks: Read<Blocks>;
  /** Somebody who was searched for. */
  readonly found: { readonly hash: string; readonly user: Read<User> } | undefined;
  readonly audit: Read<Audit>;
  readonly notice: { readonly told: Told; readonly tone: "good" | "bad" } | undefined;
  /** Something is being done, so nothing else is offered. */
  readonly busy: boolean;
  /** A narrow page: charts have less room. */
  readonly narrow: boolean;
}

/** For how long, and why. */
export interface Order {
  readonly minutes: number;
  readonly reason: string;
}

export const HASH = /^[0-9a-f]{40}$/;
