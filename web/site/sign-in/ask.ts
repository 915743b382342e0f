/** Sends a request, JSON or a form, to a sign-in server. Refusals and silence become errors. */
import { SignInFailed } from "./sign-in.ts";

export type Answer = Readonly<Record<string, unknown>>;

export const DEADLINE_MS = 10_000;

/** A refusal by the server, with its own code. */
export class Refused extends Error {}

export async function ask(url: string, body: object, signal: AbortSignal): Promise<Answer> {
  const form = body instanceof URLSearchParams;
  const init: RequestInit = {
    method: "POST",
    ...(form
      ? { body }
      : { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }),
    signal: AbortSignal.any([signal, AbortSignal.timeout(DEADLINE_MS)]),
    credentials: "omit",
    cache: "no-store",
    // An API key restricted to websites needs the page's origin, and nothing more.
    referrerPolicy: "strict-origin",
  };
  const answer = await fetch(url, init).catch(unreachable);
  const value: unknown = await answer.json().catch(unreachable);
  if (typeof value !== "object" || value === null) throw new SignInFailed("unreachable");
  if (answer.status >= 500) throw new SignInFailed("unreachable");
  if (!answer.ok) throw new Refused(refusal({ ...value }));
  return { ...value };
}

export function text(answer: Answer, name: string): string {
  const value = answer[name];
  if (typeof value === "string") return value;
  throw new SignInFailed("unreachable");
}

function unreachable(cause: unknown): never {
  throw new SignInFailed("unreachable", { cause });
}

/** Identity Platform answers `{"error": {"message": "EMAIL_EXISTS"}}`, others a problem document. */
function refusal(answer: Answer): string {
  const error = answer["error"];
  const inner =
    typeof error === "object" && error !== null && "message" in error ? error.message : undefined;
  const told = inner ?? answer["detail"];
  return (typeof told === "string" && told.split(" ")[0]) || "refused";
}
