/**
 * For tests: our API as one user sees it, by a clock that the test moves. As strict as
 * functions/vending: limits/counts.py (what takes a slot), limits/session.py (when a refresh is a
 * handover), limits/violations.py (which limit refuses), tokens/idempotency.py (what a repeated key
 * returns). It requires an Idempotency-Key, which the real one only accepts, because this client always
 * sends one.
 */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const LEAST_TOKEN_MS = 10_000;

export interface FakeToken {
  readonly value: string;
  readonly session: FakeSession;
  readonly issued: number;
  readonly startBefore: number;
  readonly expires: number;
  /** The token whose talk it continues. */
  readonly predecessor: FakeToken | undefined;
  /** The handle it is locked to; null if it is locked to none. */
  readonly locked: string | null | undefined;
}

interface FakeSession {
  readonly id: string;
  readonly wish: string;
  readonly started: number;
  readonly tokens: FakeToken[];
  ended: boolean;
  /** The pause in which it was last handed over. */
  pauseHandover: number;
}

type Answer = readonly [status: number, body: object];

export class FakeVending {
  /**
   * The outcome of each request for a token: `mint`, `handover`, `another talk`, `replay`, or a code.
   */
  readonly log: string[] = [];
  readonly tokens = new Map<string, FakeToken>();
  readonly limits = { sessions: 3, mintsPerHour: 10, refreshesPerHour: 12, tokensPerSession: 12 };
  lifeMinutes = 30;
  handoverMinutes = 3;
  /** As LIVE_API_LOCK_RESUMPTION. */
  locks = false;
  /** Count requests, but never answer them. */
  silent = false;
  /** The next requests get these answers. */
  faults: Answer[] = [];
  #pauses = 0;
  #paused = false;
  readonly #now: () => number;
  readonly #sessions = new Map<string, FakeSession>();
  readonly #keys = new Map<string, { readonly body: string; readonly token: FakeToken }>();

  constructor(now: () => number) {
    this.#now = now;
  }

  readonly fetch: typeof fetch = async (url, init) => {
    const path = String(url).replace("/api/v1/live-token", "");
    const [status, body] = this.#answer(path, init ?? {});
    if (this.silent) return new Promise(() => {});
    return new Response(JSON.stringify(body), { status });
  };

  /** How many talks the live tokens could start, which is what takes slots. */
  get slots(): number {
    const of = (ended: boolean): number =>
      [...this.#sessions.values()]
        .filter((session) => session.ended === ended)
        .reduce((sum, session) => sum + this.#talks(session), 0);
    return of(false) + Math.max(0, of(true) - this.limits.sessions);
  }

  get paused(): boolean {
    return this.#paused;
  }

  set paused(paused: boolean) {
    if (paused && !this.#paused) this.#pauses += 1;
    this.#paused = paused;
  }

  end(id: string): void {
    const session = this.#sessions.get(id);
    if (session !== undefined) session.ended = true;
  }

  #answer(path: string, init: RequestInit): Answer {
    const fault = this.faults.shift();
    const [status, body] = fault ?? this.#token(path, init);
    if (status !== 201) this.log.push(String((body as { code: unknown }).code));
    return [status, body];
  }

  #token(path: string, { headers, body }: RequestInit): Answer {
    const key = new Headers(headers).get("Idempotency-Key");
    if (key === null) return problem(400, "invalid-request");
    const asked = `${path} ${String(body)}`;
    const known = this.#keys.get(key);
    if (known !== undefined) return this.#again(known, asked);
    const living = [...this.#keys.values()].filter(({ token }) => token.expires > this.#now());
    if (living.length >= 64) return quota("keys", living[0]?.token.expires ?? 0, this.#now());
    const made = path === "" ? this.#mint(String(body)) : this.#refresh(String(body));
    if (!("token" in made)) return made.refused;
    this.tokens.set(made.token.value, made.token);
    made.token.session.tokens.push(made.token);
    this.#keys.set(key, { body: asked, token: made.token });
    this.log.push(made.kind);
    return this.#told(made.token);
  }

  #again({ body, token }: { body: string; token: FakeToken }, asked: string): Answer {
    if (body !== asked) return problem(422, "idempotency-key-reused");
    if (token.expires <= this.#now()) return problem(409, "replay-expired");
    if (token.session.ended) return problem(409, "session-ended");
    this.log.push("replay");
    return this.#told(token);
  }

  #mint(wish: string): Made {
    const now = this.#now();
    if (this.paused) return { refused: problem(503, "minting-paused", 60) };
    const mints = [...this.#sessions.values()].map(({ started }) => started);
    const last = mints.at(-1) ?? -HOUR;
    if (now - last < 5 * MINUTE) return { refused: quota("cooldown", last + 5 * MINUTE, now) };
    const inHour = mints.filter((at) => at > now - HOUR);
    if (inHour.length >= this.limits.mintsPerHour) {
      return { refused: quota("hour", (inHour[0] ?? 0) + HOUR, now) };
    }
    if (this.slots >= this.limits.sessions) return { refused: this.#full() };
    const id = `s${this.#sessions.size + 1}`;
    const rest = { started: now, tokens: [], ended: false, pauseHandover: 0 };
    const session = { id, wish, ...rest };
    this.#sessions.set(id, session);
    return { kind: "mint", token: this.#made(session, undefined, null) };
  }

  #refresh(body: string): Made {
    const now = this.#now();
    const asked = JSON.parse(body) as { sessionId: string; resumptionHandle?: string };
    const { sessionId, resumptionHandle = null } = asked;
    if (resumptionHandle !== null && !this.locks) return { refused: problem(400, "invalid-request") };
    const session = this.#sessions.get(sessionId);
    if (session === undefined) return { refused: problem(404, "not-found") };
    if (session.ended) return { refused: problem(409, "session-ended") };
    const over = Math.min(expires(session), oldest(session) - LEAST_TOKEN_MS);
    if (now >= over) return { refused: problem(409, "session-expired") };
    const from = this.#handoverFrom(session);
    const outlives = this.#expiry(session) > expires(session);
    const predecessor = from !== null && now >= from && outlives ? head(session) : undefined;
    if (this.paused && (predecessor === undefined || session.pauseHandover === this.#pauses)) {
      return { refused: problem(503, "minting-paused", 60) };
    }
    const refreshes = [...this.tokens.values()].filter((t) => t !== t.session.tokens[0]);
    const inHour = refreshes.filter(({ issued }) => issued > now - HOUR);
    if (inHour.length >= this.limits.refreshesPerHour) {
      return { refused: quota("refreshHour", (inHour[0]?.issued ?? 0) + HOUR, now) };
    }
    if (session.tokens.length >= this.limits.tokensPerSession) {
      return { refused: quota("refreshesPerSession", null, now) };
    }
    if (predecessor === undefined && this.slots >= this.limits.sessions) {
      return { refused: this.#full() };
    }
    if (this.paused) session.pauseHandover = this.#pauses;
    const kind = predecessor === undefined ? "another talk" : "handover";
    return { kind, token: this.#made(session, predecessor, resumptionHandle) };
  }

  #made(session: FakeSession, predecessor: FakeToken | undefined, handle: string | null): FakeToken {
    const issued = this.#now();
    const value = `auth_tokens/${this.tokens.size + 1}`;
    const ends = this.#expiry(session);
    const inPause = this.paused ? (predecessor?.expires ?? Infinity) : Infinity;
    const startBefore = Math.min(issued + 2 * MINUTE, ends, inPause);
    const locked = this.locks ? handle : undefined;
    return { value, session, issued, startBefore, expires: ends, predecessor, locked };
  }

  #expiry(session: FakeSession): number {
    return Math.min(this.#now() + this.lifeMinutes * MINUTE, oldest(session));
  }

  /** As `handover_from` in limits/session.py. */
  #handoverFrom(session: FakeSession): number | null {
    const newest = head(session);
    if (newest === undefined || this.handoverMinutes === 0) return null;
    const fifth = (newest.expires - newest.issued) / 5;
    const overlap = Math.min(this.handoverMinutes * MINUTE, fifth);
    return Math.max(newest.expires - overlap, newest.predecessor?.expires ?? 0);
  }

  #talks({ tokens }: FakeSession): number {
    const living = tokens.filter(({ expires: ends }) => ends > this.#now());
    const shared = living.filter(({ predecessor: of }) => of !== undefined && living.includes(of));
    return living.length - shared.length;
  }

  #full(): Answer {
    const ends = [...this.tokens.values()].map((token) => token.expires);
    const next = Math.min(...ends.filter((moment) => moment > this.#now()));
    return quota("sessions", next, this.#now());
  }

  #summary(session: FakeSession): object {
    const from = this.#handoverFrom(session);
    return {
      id: session.id,
      expiresAt: moment(expires(session)),
      tokens: session.tokens.length,
      handoverAt: from === null ? null : moment(from),
    };
  }

  #setup(): object {
    return { model: "models/m", ...(!this.locks && { sessionResumption: {} }) };
  }

  #told(token: FakeToken): Answer {
    const { session, value } = token;
    const answer = {
      token: value,
      expiresAt: moment(token.expires),
      startBefore: moment(token.startBefore),
      uses: 1,
      session: this.#summary(session),
      connect: { url: "wss://gemini.test/ws", setup: this.#setup() },
      usage: { serverTime: moment(this.#now()) },
    };
    return [201, answer];
  }
}

type Made =
  | { readonly kind: "mint" | "handover" | "another talk"; readonly token: FakeToken }
  | { readonly refused: Answer };

/** The token of a session that expires last; of equals, the newest. */
function head({ tokens }: FakeSession): FakeToken | undefined {
  return tokens.toSorted((a, b) => a.expires - b.expires).at(-1);
}

function expires(session: FakeSession): number {
  return head(session)?.expires ?? 0;
}

function oldest({ started }: FakeSession): number {
  return started + 2 * HOUR;
}

function moment(ms: number): string {
  return new Date(ms).toISOString();
}

function problem(status: number, code: string, retryAfterSeconds?: number): Answer {
  return [status, { code, ...(retryAfterSeconds && { retryAfterSeconds }) }];
}

function quota(limit: string, clears: number | null, now: number): Answer {
  const retryAfterSeconds = clears === null ? null : Math.ceil((clears - now) / 1000);
  return [429, { code: "quota-exceeded", violated: [limit], retryAfterSeconds }];
}
