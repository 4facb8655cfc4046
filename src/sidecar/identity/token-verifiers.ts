/** Builds the token verifiers: for the JWTs of each issuer, and for the ServiceAccount tokens of a cluster. */

import type { ServiceAccountSettings } from "../../config/settings/identity/service-account-settings.ts";
import type { JwtSettings } from "../../config/settings/identity/token-settings.ts";
import type { Log } from "../../telemetry/logging/log.ts";
import type { JsonRequest } from "../../identity/keys/fetch-json.ts";
import type { TokenVerifier } from "../../identity/tokens/bearer.ts";
import { fetchKeySet } from "../../identity/keys/fetch-jwks.ts";
import { createJwtVerifier } from "../../identity/tokens/jwt.ts";
import { agentFromClaims } from "../../identity/tokens/token-agent.ts";
import { prefixedNames } from "../../identity/name-owners.ts";
import { createServiceAccountVerifier } from "../../identity/tokens/service-account.ts";
import { createTokenReviewer } from "../../identity/tokens/token-review.ts";
import { fetchedKeys, issuerKeys, keysFromFile } from "./issuer-keys.ts";
import { openServerAccess } from "./server-access.ts";
import type { IdentityBuilder } from "./refreshable.ts";

/** In order of trust. */
export function buildVerifiers(builder: IdentityBuilder): readonly TokenVerifier[] {
  const { issuers = [], serviceAccounts } = builder.settings.identity;
  return [
    ...issuers.map((issuer) => jwtVerifier(builder, issuer)),
    serviceAccounts && serviceAccountVerifier(builder, serviceAccounts),
  ].filter((verifier) => verifier !== undefined);
}

function jwtVerifier(builder: IdentityBuilder, settings: JwtSettings): TokenVerifier {
  const { prefix, agentClaim, userClaim } = settings;
  const paths = { ...(agentClaim && { agent: agentClaim }), ...(userClaim && { user: userClaim }) };
  return createJwtVerifier({
    ...settings,
    keys: issuerKeys(builder, settings),
    nowMs: builder.clock.wallMs,
    agentOf: agentFromClaims(paths, prefixedNames(prefix, builder.owners)),
  });
}

function serviceAccountVerifier(builder: IdentityBuilder, settings: ServiceAccountSettings): TokenVerifier {
  const { audience, issuer, jwks, jwksFile, tokenReview } = settings;
  const requestTo = openServerAccess(builder, settings, (tokenReview ?? jwks)?.origin ?? "");
  if (tokenReview !== undefined) return tokenReviewer(builder, settings, () => requestTo(tokenReview));
  const keys =
    jwks === undefined
      ? keysFromFile(jwksFile ?? "", builder)
      : fetchedKeys(builder, settings, {
          name: "the cluster",
          fetch: () => fetchKeySet(requestTo(jwks)),
        });
  return createServiceAccountVerifier({
    issuer: issuer ?? "",
    audience: [audience],
    keys,
    nowMs: builder.clock.wallMs,
  });
}

function tokenReviewer(
  { refreshables, clock }: IdentityBuilder,
  settings: ServiceAccountSettings,
  apiServer: () => JsonRequest,
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
    graceMs: settings.reviewGraceMs,
    nowMs: clock.wallMs,
    apiServer,
    onProblem: (problem) => log?.warn({ problem }, "a token could not be reviewed"),
  });
}
