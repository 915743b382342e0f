/** Keeps one ID token in memory and renews it before it expires, one request at a time. */
export interface FreshToken {
  readonly value: string;
  readonly expiresAtMs: number;
}

export const RENEW_BEFORE_END_MS = 60_000;

export class KeptToken {
  #token: FreshToken | undefined;
  #renewing: Promise<FreshToken> | undefined;
  readonly #renew: (signal: AbortSignal) => Promise<FreshToken>;
  readonly #now: () => number;

  constructor(renew: (signal: AbortSignal) => Promise<FreshToken>, now: () => number = Date.now) {
    this.#renew = renew;
    this.#now = now;
  }

  keep(token: FreshToken): void {
    this.#token = token;
  }

  forget(): void {
    this.#token = undefined;
    this.#renewing = undefined;
  }

  async value(signal: AbortSignal, { refresh = false, late = false } = {}): Promise<string> {
    const token = this.#token;
    if (!refresh && token !== undefined && (late || this.#left(token) > RENEW_BEFORE_END_MS)) {
      return token.value;
    }
    this.#renewing ??= this.#renewed(signal);
    try {
      return (await this.#renewing).value;
    } catch (error) {
      if (refresh || token === undefined || token !== this.#token || this.#left(token) <= 0) throw error;
      return token.value; // to its last second
    }
  }

  #left({ expiresAtMs }: FreshToken): number {
    return expiresAtMs - this.#now();
  }

  async #renewed(signal: AbortSignal): Promise<FreshToken> {
    try {
      const token = await this.#renew(signal);
      this.#token = token;
      return token;
    } finally {
      this.#renewing = undefined;
    }
  }
}
