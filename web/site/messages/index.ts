/** All messages, in the page's language. Another language is another import, here and in shell.ts. */
import { en } from "./en.ts";
import { shellMessages } from "./shell.ts";

export type { Told } from "./refusals.en.ts";

export const messages = { ...shellMessages, ...en };
