/** The messages of the page's language. One so far; another is one more line here. */
import { en } from "./en.ts";

export type { Told } from "./refusals.en.ts";
export type Messages = typeof en;

export const messages: Messages = en;
