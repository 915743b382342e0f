/** The messages before anyone is signed in. The page fetches these first, and all others later. */
import { shell } from "./shell.en.ts";

export const shellMessages: typeof shell = shell;
