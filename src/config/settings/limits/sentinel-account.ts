/** The account at the Sentinels of a shared store, from the environment or the settings file. */

import type { SentinelAccount, StoreLocation } from "./store-location.ts";

export const SENTINEL_USERNAME = "TOLLGATE_SENTINEL_USERNAME";
export const SENTINEL_PASSWORD = "TOLLGATE_SENTINEL_PASSWORD";

interface WithStore {
  readonly store?: StoreLocation;
}

export type Environment = Readonly<Record<string, string | undefined>>;

// Security: no flag and no URL gives this account. The account of a URL is the server's, and other users can read command lines.
/** The limits with the Sentinels' account of the environment, which overrides the file. */
export function withSentinelAccount<Limits extends WithStore>(
  limits: Limits,
  environment: Environment,
): Limits {
  const account = accountIn(environment);
  if (account === undefined || limits.store?.kind !== "sentinel") return limits;
  return { ...limits, store: { ...limits.store, sentinel: { ...limits.store.sentinel, ...account } } };
}

/** An account in the environment without a Sentinel to use it. */
export function unusedSentinelAccount({ store }: WithStore, environment: Environment): string[] {
  if (accountIn(environment) === undefined || store?.kind === "sentinel") return [];
  return [
    `${SENTINEL_USERNAME}, ${SENTINEL_PASSWORD}: are for Sentinels, and limits name none; unset them, or set redis+sentinel://...`,
  ];
}

function accountIn(environment: Environment): SentinelAccount | undefined {
  return sentinelAccount({
    username: environment[SENTINEL_USERNAME],
    password: environment[SENTINEL_PASSWORD],
  });
}

interface GivenAccount {
  readonly username?: string | undefined;
  readonly password?: string | undefined;
}

/** An account without its empty texts; undefined when both are empty. */
export function sentinelAccount({ username = "", password = "" }: GivenAccount): SentinelAccount | undefined {
  if (username === "" && password === "") return undefined;
  return { ...(username !== "" && { username }), ...(password !== "" && { password }) };
}
