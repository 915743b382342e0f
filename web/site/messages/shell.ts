/** The messages before anybody is signed in. The page fetches these at first, and all others later. */
import { shell } from "./shell.en.ts";

export const shellMessages: typeof shell = shell;
