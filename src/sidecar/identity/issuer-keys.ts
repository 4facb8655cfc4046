/** Opens the public keys of an issuer: from a file, from an address, or from the address that its metadata names. */

import { openJwksFile } from "../../config/files/key-file.ts";
import type { KeyTimes } from "../../config/settings/identity/key-times.ts";
import type { JwtSettings } from "../../config/settings/identity/token-settings.ts";
import { discoverKeySet, fetchKeySet } from "../../identity/keys/fetch-jwks.ts";
import { JwksCache, type JwksCacheOptions, type FindKey, findKeyIn } from "../../identity/keys/jwks-cache.ts";
import type { Log } from "../../telemetry/logging/log.ts";
import { type IdentityBuilder, refreshableFile } from "./refreshable.ts";

export function issuerKeys(builder: IdentityBuilder, settings: JwtSettings): FindKey {
  const { issuer, jwks, jwksFile } = settings;
  if (jwksFile !== undefined) return keysFromFile(jwksFile, builder);
  const fetch = jwks === undefined ? () => discoverKeySet(issuer) : () => fetchKeySet({ url: jwks });
  return fetchedKeys(builder, settings, { name: issuer, fetch });
}

export function fetchedKeys(
  { clock, refreshables }: IdentityBuilder,
  { refreshMs, staleMs, coolDownMs }: KeyTimes,
  source: Pick<JwksCacheOptions, "name" | "fetch">,
): FindKey {
  let log: Log | undefined;
  const onProblem = (problem: string): void => log?.warn({ problem }, "public keys could not be fetched");
  const times = { nowMs: clock.steadyMs, refreshMs, staleMs, coolDownMs };
  const keys = new JwksCache({ ...times, ...source, onProblem });
  const start = (given: Log): (() => void) => {
    log = given;
    keys.start();
    return keys.stop;
  };
  refreshables.push({ problem: keys.problem, start });
  return keys.find;
}

export function keysFromFile(path: string, { refreshables, problems }: IdentityBuilder): FindKey {
  const opened = openJwksFile(path);
  if (opened.ok) {
    refreshables.push(refreshableFile(opened.file, "public keys"));
    return findKeyIn(opened.file.current);
  }
  problems.push(...opened.problems);
  return findKeyIn(() => ({ keys: [] }));
}
