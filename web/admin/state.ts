/** Everything the admin dashboard shows, as one value. The view is drawn from this alone. */
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
  /** Signed in, but not an admin. */
  | { readonly name: "refused" }
  | Watching;

/** Loaded, loading (undefined), or the code of the refusal. */
export type Read<T> = { readonly value: T } | { readonly code: string } | undefined;

export interface Watching {
  readonly name: "watching";
  readonly who: string;
  readonly overview: Read<Overview>;
  readonly blocks: Read<Blocks>;
  /** The user who was searched for. */
  readonly found: { readonly hash: string; readonly user: Read<User> } | undefined;
  readonly audit: Read<Audit>;
  readonly notice: { readonly told: Told; readonly tone: "good" | "bad" } | undefined;
  /** A change is being made; other controls are disabled meanwhile. */
  readonly busy: boolean;
  /** The page is narrow, so charts have less room. */
  readonly narrow: boolean;
}

/** For how long, and the reason. */
export interface Order {
  readonly minutes: number;
  readonly reason: string;
}

export const HASH = /^[0-9a-f]{40}$/;
