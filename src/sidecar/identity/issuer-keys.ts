/** Opens the public keys of an issuer: from a file, from an address, or from the address that its metadata names. */

import { openJwksFile } from "../../config/files/key-file.ts";
import type { KeyTimes } from "../../config/settings/identity/key-times.ts";
import type { JwtSettings } from "../../config/settings/identity/token-settings.ts";
import { discoverKeySet, fetchKeySet } from "../../identity/keys/fetch-jwks.ts";
import { JwksCache, type JwksCacheOptions, type IssuerKeys, keysIn } from "../../identity/keys/jwks-cache.ts";
import type { Log } from "../../telemetry/logging/log.ts";
import { openServerAccess } from "./server-access.ts";
import { type IdentityBuilder, refreshableFile } from "./refreshable.ts";

export function issuerKeys(builder: IdentityBuilder, settings: JwtSettings): IssuerKeys {
  const { issuer, jwks, jwksFile, access } = settings;
  if (jwksFile !== undefined) return keysFromFile(jwksFile, builder);
  const requestTo = openServerAccess(builder, access, (jwks ?? new URL(issuer)).origin);
  const fetch =
    jwks === undefined ? () => discoverKeySet(issuer, requestTo) : () => fetchKeySet(requestTo(jwks));
  return fetchedKeys(builder, settings, { name: issuer, fetch });
}

export function fetchedKeys(
  { clock, refreshables }: IdentityBuilder,
  { refreshMs, staleMs, coolDownMs }: KeyTimes,
  source: Pick<JwksCacheOptions, "name" | "fetch">,
): IssuerKeys {
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
  return keys;
}

export function keysFromFile(path: string, { refreshables, problems }: IdentityBuilder): IssuerKeys {
  const opened = openJwksFile(path);
  if (opened.ok) {
    refreshables.push(refreshableFile(opened.file, "public keys"));
    return keysIn(opened.file.current);
  }
  problems.push(...opened.problems);
  return keysIn(() => ({ keys: [] }));
}
