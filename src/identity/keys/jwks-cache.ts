/** Caches the public keys of one issuer: fetches them ahead of use, and keeps them for a bounded time while the key server is down. */

import {
  createLocalJWKSet,
  type CryptoKey,
  errors,
  type FlattenedJWSInput,
  type JSONWebKeySet,
  type JWSHeaderParameters,
  type LocalJWKSet,
} from "jose";

/** The keys were never fetched, or are too old to be trusted. */
export class KeysUnavailableError extends Error {
  override readonly name = "KeysUnavailableError";
}

/** Finds the key that the header of a token names. @throws KeysUnavailableError, or an error of jose */
export type FindKey = (header?: JWSHeaderParameters, token?: FlattenedJWSInput) => Promise<CryptoKey>;

/** The public keys of one issuer. */
export interface IssuerKeys {
  readonly find: FindKey;
  /** Fetches the keys again, at most once per cool-down. Returns whether it did. */
  readonly refetch: () => Promise<boolean>;
}

export interface JwksCacheOptions {
  /** The owner of the keys, for problems. */
  readonly name: string;
  /** @throws Error whose message says why, in a few words */
  readonly fetch: () => Promise<JSONWebKeySet>;
  /** Steady milliseconds. */
  readonly nowMs: () => number;
  readonly refreshMs: number;
  readonly staleMs: number;
  readonly coolDownMs: number;
  /** Called when a fetch fails. */
  readonly onProblem: (problem: string) => void;
}

const RETRY_MS = 1_000;
const MAX_RETRY_MS = 30_000;

export class JwksCache implements IssuerKeys {
  readonly #options: JwksCacheOptions;
  #keys: LocalJWKSet | undefined;
  #fetchedAtMs = 0;
  #triedAtMs = Number.NEGATIVE_INFINITY;
  #lastFailure = "not fetched yet";
  #failures = 0;
  #pendingFetch: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(options: JwksCacheOptions) {
    this.#options = options;
  }

  readonly find: FindKey = async (header, token) => {
    const keys = this.#current();
    try {
      return await keys(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || !(await this.refetch())) throw error;
      return await this.#current()(header, token);
    }
  };

  /** Why tokens cannot be checked now; undefined when they can. */
  readonly problem = (): string | undefined => {
    const { name } = this.#options;
    if (this.#keys === undefined) return `the keys of ${name} were never fetched: ${this.#lastFailure}`;
    return this.#isStale() ? `the keys of ${name} are too old: ${this.#lastFailure}` : undefined;
  };

  /** Fetches now, and again at each interval, until `stop`. */
  readonly start = (): void => {
    if (this.#isStopped) return;
    void this.#fetch().then(() => {
      if (this.#isStopped) return;
      const retryMs = Math.min(RETRY_MS * 2 ** (this.#failures - 1), MAX_RETRY_MS);
      const waitMs =
        this.#failures === 0 ? this.#options.refreshMs : Math.min(retryMs, this.#options.refreshMs);
      this.#timer = setTimeout(this.start, waitMs).unref();
    });
  };

  readonly stop = (): void => {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  };

  #current(): LocalJWKSet {
    if (this.#keys === undefined || this.#isStale()) throw new KeysUnavailableError(this.#lastFailure);
    return this.#keys;
  }

  #isStale(): boolean {
    return this.#options.nowMs() - this.#fetchedAtMs > this.#options.staleMs;
  }

  // Security: tokens with invented key ids must not cause a flood of requests to the key server.
  /** Fetches because of an unknown key, at most once per cool-down. Returns whether a fetch was made. */
  readonly refetch = async (): Promise<boolean> => {
    const { nowMs, coolDownMs } = this.#options;
    if (this.#pendingFetch === undefined && nowMs() - this.#triedAtMs < coolDownMs) return false;
    await this.#fetch();
    return true;
  };

  /** One fetch at a time; never rejects. */
  #fetch(): Promise<void> {
    this.#pendingFetch ??= this.#load().finally(() => (this.#pendingFetch = undefined));
    return this.#pendingFetch;
  }

  async #load(): Promise<void> {
    const { fetch, nowMs, name, onProblem } = this.#options;
    this.#triedAtMs = nowMs();
    try {
      const keys = createLocalJWKSet(await fetch());
      this.#keys = keys;
      this.#fetchedAtMs = nowMs();
      this.#failures = 0;
    } catch (error) {
      this.#failures += 1;
      this.#lastFailure = error instanceof Error ? error.message : "unknown error";
      onProblem(`the keys of ${name} cannot be fetched: ${this.#lastFailure}`);
    }
  }
}

/** Finds keys in a value that another part reads and replaces, such as a watched file. */
export function keysIn(current: () => JSONWebKeySet): IssuerKeys {
  let from: JSONWebKeySet | undefined;
  let keys: LocalJWKSet | undefined;
  const find: FindKey = async (header, token) => {
    const keySet = current();
    if (keys === undefined || from !== keySet) keys = createLocalJWKSet(keySet);
    from = keySet;
    return await keys(header, token);
  };
  return { find, refetch: () => Promise.resolve(false) };
}
