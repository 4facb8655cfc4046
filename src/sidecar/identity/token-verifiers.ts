/** Builds what checks tokens: one issuer's JWTs, and the ServiceAccount tokens of a cluster. */

import type { KeyTimes, ServiceAccountSettings } from "../../config/settings/identity-settings.ts";
import { openKeySetFile } from "../../config/files/jwks-file.ts";
import { readText } from "../../config/files/read-text.ts";
import type { Log } from "../../telemetry/logging/log.ts";
import { AskError, type JsonRequest } from "../../identity/fetch-json.ts";
import type { TokenVerifier } from "../../identity/bearer.ts";
import { discoverKeys, fetchKeys } from "../../identity/fetch-jwks.ts";
import { agentFromClaim, createJwtVerifier } from "../../identity/jwt.ts";
import { FetchedKeys, type FetchedKeysOptions, type FindKey, findIn } from "../../identity/jwks-cache.ts";
import { createServiceAccountVerifier } from "../../identity/service-account.ts";
import { createTokenReviewer } from "../../identity/token-review.ts";
import { type IdentityBuilder, refreshableFile } from "./refreshable.ts";

/** In order of trust. */
export function buildVerifiers(building: IdentityBuilder): readonly TokenVerifier[] {
  const { jwt, serviceAccounts } = building.settings.identity;
  return [
    jwt && jwtVerifier(building, jwt),
    serviceAccounts && serviceAccountVerifier(building, serviceAccounts),
  ].filter((verifier) => verifier !== undefined);
}

type JwtSettings = NonNullable<IdentityBuilder["settings"]["identity"]["jwt"]>;

function jwtVerifier(building: IdentityBuilder, settings: JwtSettings): TokenVerifier {
  const { issuer, jwks, agentClaim } = settings;
  const fetch = jwks === undefined ? () => discoverKeys(issuer) : () => fetchKeys({ url: jwks });
  return createJwtVerifier({
    ...settings,
    findKey: fetched(building, settings, { name: issuer, fetch }),
    nowMs: building.clock.wallMs,
    agentOf: agentFromClaim(agentClaim),
  });
}

function serviceAccountVerifier(building: IdentityBuilder, settings: ServiceAccountSettings): TokenVerifier {
  const { audience, issuer, jwks, jwksFile, tokenReview } = settings;
  for (const path of [settings.caFile, settings.tokenFile]) mustBeReadable(path, building);
  if (tokenReview !== undefined) return reviewer(building, settings, tokenReview);
  const findKey =
    jwks === undefined
      ? keysFromFile(jwksFile ?? "", building)
      : fetched(building, settings, {
          name: "the cluster",
          fetch: () => fetchKeys(questionFor(jwks, settings)),
        });
  return createServiceAccountVerifier({
    issuer: issuer ?? "",
    audience: [audience],
    findKey,
    nowMs: building.clock.wallMs,
  });
}

function reviewer(
  { refreshables: living }: IdentityBuilder,
  settings: ServiceAccountSettings,
  url: URL,
): TokenVerifier {
  let log: Log | undefined;
  const start = (given: Log): (() => void) => {
    log = given;
    return () => undefined;
  };
  living.push({ problem: () => undefined, start });
  return createTokenReviewer({
    audience: settings.audience,
    ...(settings.issuer !== undefined && { issuer: settings.issuer }),
    apiServer: () => questionFor(url, settings),
    onProblem: (problem) => log?.warn({ problem }, "a token could not be reviewed"),
  });
}

function fetched(
  { clock, refreshables: living }: IdentityBuilder,
  { refreshMs, staleMs, coolDownMs }: KeyTimes,
  source: Pick<FetchedKeysOptions, "name" | "fetch">,
): FindKey {
  let log: Log | undefined;
  const onProblem = (problem: string): void => log?.warn({ problem }, "public keys could not be fetched");
  const times = { nowMs: clock.steadyMs, refreshMs, staleMs, coolDownMs };
  const keys = new FetchedKeys({ ...times, ...source, onProblem });
  const start = (given: Log): (() => void) => {
    log = given;
    keys.start();
    return keys.stop;
  };
  living.push({ problem: keys.problem, start });
  return keys.find;
}

function keysFromFile(path: string, { refreshables: living, problems }: IdentityBuilder): FindKey {
  const opened = openKeySetFile(path);
  if (opened.ok) {
    living.push(refreshableFile(opened.file, "public keys"));
    return findIn(opened.file.current);
  }
  problems.push(...opened.problems);
  return findIn(() => ({ keys: [] }));
}

/** How to ask the API server now: both files are rotated under us. @throws AskError */
function questionFor(url: URL, { caFile, tokenFile }: ServiceAccountSettings): JsonRequest {
  return {
    url,
    ...(caFile !== undefined && { ca: readNow(caFile) }),
    ...(tokenFile !== undefined && { token: readNow(tokenFile).trim() }),
  };
}

function readNow(path: string): string {
  const text = readText(path);
  if (!text.ok) throw new AskError(text.problems.join(", "));
  return text.value;
}

function mustBeReadable(path: string | undefined, { problems }: IdentityBuilder): void {
  const text = path === undefined ? undefined : readText(path);
  if (text?.ok === false) problems.push(...text.problems);
}
