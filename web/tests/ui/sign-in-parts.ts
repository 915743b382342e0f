/** Shared by the tests of signing in. */
import type { SignInFailed } from "../../site/sign-in/sign-in.ts";

export function storage(): Storage {
  const kept = new Map<string, string>();
  return {
    get length() {
      return kept.size;
    },
    clear: () => kept.clear(),
    key: (index) => [...kept.keys()][index] ?? null,
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  };
}

/** Why signing in failed. */
export async function reason(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => "nothing failed",
    (error: SignInFailed) => error.reason,
  );
}
