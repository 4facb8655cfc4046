/** Builds the token verifiers: for one issuer's JWTs, and for the ServiceAccount tokens of a cluster. */

import type { KeyTimes, ServiceAccountSettings } from "../../config/settings/identity/token-settings.ts";
import { openJwksFile } from "../../config/files/key-file.ts";
import { readText } from "../../config/files/watched-file.ts";
import type { Log } from "../../telemetry/logging/log.ts";
import { FetchError, type JsonRequest } from "../../identity/keys/fetch-json.ts";
import type { TokenVerifier } from "../../identity/tokens/bearer.ts";
import { discoverKeySet, fetchKeySet } from "../../identity/keys/fetch-jwks.ts";
import { createJwtVerifier } from "../../identity/tokens/jwt.ts";
import { agentFromClaims } from "../../identity/tokens/token-agent.ts";
import { JwksCache, type JwksCacheOptions, type FindKey, findKeyIn } from "../../identity/keys/jwks-cache.ts";
import { createServiceAccountVerifier } from "../../identity/tokens/service-account.ts";
import { createTokenReviewer } from "../../identity/tokens/token-review.ts";
import { type IdentityBuilder, refreshableFile } from "./refreshable.ts";

/** In order of trust. */
export function buildVerifiers(builder: IdentityBuilder): readonly TokenVerifier[] {
  const { jwt, serviceAccounts } = builder.settings.identity;
  return [
    jwt && jwtVerifier(builder, jwt),
    serviceAccounts && serviceAccountVerifier(builder, serviceAccounts),
  ].filter((verifier) => verifier !== undefined);
}

type JwtSettings = NonNullable<IdentityBuilder["settings"]["identity"]["jwt"]>;

function jwtVerifier(builder: IdentityBuilder, settings: JwtSettings): TokenVerifier {
  const { issuer, jwks, agentClaim, userClaim } = settings;
  const fetch = jwks === undefined ? () => discoverKeySet(issuer) : () => fetchKeySet({ url: jwks });
  return createJwtVerifier({
    ...settings,
    findKey: fetchedKeys(builder, settings, { name: issuer, fetch }),
    nowMs: builder.clock.wallMs,
    agentOf: agentFromClaims({
      ...(agentClaim && { agent: agentClaim }),
      ...(userClaim && { user: userClaim }),
    }),
  });
}

function serviceAccountVerifier(builder: IdentityBuilder, settings: ServiceAccountSettings): TokenVerifier {
  const { audience, issuer, jwks, jwksFile, tokenReview } = settings;
  for (const path of [settings.caFile, settings.tokenFile]) requireReadable(path, builder);
  if (tokenReview !== undefined) return tokenReviewer(builder, settings, tokenReview);
  const findKey =
    jwks === undefined
      ? keysFromFile(jwksFile ?? "", builder)
      : fetchedKeys(builder, settings, {
          name: "the cluster",
          fetch: () => fetchKeySet(apiServerRequest(jwks, settings)),
        });
  return createServiceAccountVerifier({
    issuer: issuer ?? "",
    audience: [audience],
    findKey,
    nowMs: builder.clock.wallMs,
  });
}

function tokenReviewer(
  { refreshables }: IdentityBuilder,
  settings: ServiceAccountSettings,
  url: URL,
): TokenVerifier {
  let log: Log | undefined;
  const start = (given: Log): (() => void) => {
    log = given;
    return () => undefined;
  };
  refreshables.push({ problem: () => undefined, start });
  return createTokenReviewer({
    audience: settings.audience,
    ...(settings.issuer !== undefined && { issuer: settings.issuer }),
    apiServer: () => apiServerRequest(url, settings),
    onProblem: (problem) => log?.warn({ problem }, "a token could not be reviewed"),
  });
}

function fetchedKeys(
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

function keysFromFile(path: string, { refreshables, problems }: IdentityBuilder): FindKey {
  const opened = openJwksFile(path);
  if (opened.ok) {
    refreshables.push(refreshableFile(opened.file, "public keys"));
    return findKeyIn(opened.file.current);
  }
  problems.push(...opened.problems);
  return findKeyIn(() => ({ keys: [] }));
}

/** A request to the API server. Reads both files each time, because Kubernetes rotates them. @throws AskError */
function apiServerRequest(url: URL, { caFile, tokenFile }: ServiceAccountSettings): JsonRequest {
  return {
    url,
    ...(caFile !== undefined && { ca: readNow(caFile) }),
    ...(tokenFile !== undefined && { token: readNow(tokenFile).trim() }),
  };
}

function readNow(path: string): string {
  const text = readText(path);
  if (!text.ok) throw new FetchError(text.problems.join(", "));
  return text.value;
}

function requireReadable(path: string | undefined, { problems }: IdentityBuilder): void {
  const text = path === undefined ? undefined : readText(path);
  if (text?.ok === false) problems.push(...text.problems);
}
