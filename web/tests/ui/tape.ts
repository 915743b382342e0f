/**
 * Plays back what Google's Auth emulator answered, from identity-platform.json. With
 * LIVEPASS_AUTH_EMULATOR=http://127.0.0.1:9099, the same tests ask the emulator and record its answers:
 *
 *     npx firebase-tools emulators:start --only auth --project demo-livepass
 */
import { readFileSync, writeFileSync } from "node:fs";

export interface Exchange {
  readonly path: string;
  readonly sent: unknown;
  readonly status: number;
  readonly answer: unknown;
}

const really = fetch;
const FILE = new URL("identity-platform.json", import.meta.url);
export const EMULATOR = process.env["LIVEPASS_AUTH_EMULATOR"];
/** Where the tape's tests think the emulator is. */
export const ADDRESS = EMULATOR ?? "http://127.0.0.1:9099";

export class Tape {
  readonly #kept: Record<string, Exchange[]> = EMULATOR === undefined ? read() : {};

  /** Replaces fetch, for one test. */
  async for(test: string): Promise<typeof fetch> {
    if (EMULATOR === undefined) return this.#play(this.#kept[test] ?? []);
    await really(`${EMULATOR}/emulator/v1/projects/demo-livepass/accounts`, { method: "DELETE" });
    const exchanges: Exchange[] = [];
    this.#kept[test] = exchanges;
    return this.#record(exchanges);
  }

  save(): void {
    if (EMULATOR !== undefined) writeFileSync(FILE, `${JSON.stringify(this.#kept, undefined, 1)}\n`);
  }

  #record(exchanges: Exchange[]): typeof fetch {
    return async (url, init) => {
      const response = await really(url, init);
      const answer: unknown = await response.clone().json();
      exchanges.push({ ...asked(url, init), status: response.status, answer: withoutTokens(answer) });
      return response;
    };
  }

  #play(exchanges: readonly Exchange[]): typeof fetch {
    const left = [...exchanges];
    return async (url, init) => {
      const next = left.shift();
      const { path, sent } = asked(url, init);
      if (next?.path !== path || JSON.stringify(next.sent) !== JSON.stringify(sent)) {
        throw new Error(`not on the tape: ${path} ${JSON.stringify(sent)}`);
      }
      return new Response(JSON.stringify(next.answer), { status: next.status });
    };
  }
}

function read(): Record<string, Exchange[]> {
  return JSON.parse(readFileSync(FILE, "utf8")) as Record<string, Exchange[]>;
}

function asked(
  url: string | URL | Request,
  init: RequestInit | undefined,
): { path: string; sent: unknown } {
  const { pathname, search } = new URL(url instanceof Request ? url.url : url);
  const body = init?.body;
  const sent: unknown =
    body instanceof URLSearchParams ? Object.fromEntries(body) : JSON.parse(String(body));
  return { path: `${pathname}${search}`, sent: withoutTokens(sent) };
}

/** Tokens and account numbers differ between runs, and no test needs them. */
function withoutTokens(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (key, inner: unknown) => {
    if (!/token$|^localId$|^user_id$|^oobCode$/i.test(key) || typeof inner !== "string") return inner;
    return inner.startsWith("{") || inner === "refresh_token" ? inner : `<${key}>`;
  }) as unknown;
}
