/** Sign-in by name, with the issuer of `make run`, which believes any name. */
import type { LocalSignIn } from "../deployment/config.ts";
import { ask, Refused, text } from "./ask.ts";
import { KeptToken, type FreshToken } from "./kept-token.ts";
import { SignInFailed, type Entry, type Person, type SignIn } from "./sign-in.ts";

const NAME = /^[A-Za-z0-9._-]{1,64}$/;
const REMEMBERED = "livepass.local-name";

export function localSignIn(
  config: LocalSignIn,
  storage: Storage = sessionStorage,
  admin = false,
): SignIn {
  let name = storage.getItem(REMEMBERED) ?? "";
  const kept = new KeptToken(async (signal) => token(config.url, name, admin, signal));

  async function enter(entry: Entry, signal: AbortSignal): Promise<Person | undefined> {
    if (entry.way !== "name" || !NAME.test(entry.name)) throw new SignInFailed("bad-name");
    kept.keep(await token(config.url, entry.name, admin, signal));
    name = entry.name;
    storage.setItem(REMEMBERED, name);
    return { name };
  }

  return {
    ways: ["name"],
    providerName: "",
    resume: async (signal) => (NAME.test(name) ? enter({ way: "name", name }, signal) : undefined),
    enter,
    idToken: (signal, how) => kept.value(signal, how),
    leave: () => {
      kept.forget();
      name = "";
      storage.removeItem(REMEMBERED);
    },
  };
}

async function token(
  url: string,
  user: string,
  admin: boolean,
  signal: AbortSignal,
): Promise<FreshToken> {
  if (!NAME.test(user)) throw new SignInFailed("expired");
  try {
    const answer = await ask(url, admin ? { user, admin } : { user }, signal);
    return { value: text(answer, "idToken"), expiresAtMs: Date.parse(text(answer, "expiresAt")) };
  } catch (error) {
    if (error instanceof Refused) throw new SignInFailed("refused", { cause: error });
    throw error;
  }
}
