/** Builds the token verifiers: for the JWTs of each issuer, and for the ServiceAccount tokens of a cluster. */

import type { ServiceAccountSettings } from "../../config/settings/identity/service-account-settings.ts";
import type { JwtSettings } from "../../config/settings/identity/token-settings.ts";
import type { Log } from "../../telemetry/logging/log.ts";
import type { JsonRequest } from "../../identity/keys/fetch-json.ts";
import type { TokenVerifier } from "../../identity/tokens/bearer.ts";
import { fetchKeySet } from "../../identity/keys/fetch-jwks.ts";
import type { Introspect } from "../../identity/tokens/introspection.ts";
import { createJwtVerifier } from "../../identity/tokens/jwt.ts";
import { agentFromClaims } from "../../identity/tokens/token-agent.ts";
import { prefixedNames } from "../../identity/name-owners.ts";
import { createServiceAccountVerifier } from "../../identity/tokens/service-account.ts";
import { createTokenReviewer } from "../../identity/tokens/token-review.ts";
import { fetchedKeys, issuerKeys, keysFromFile } from "./issuer-keys.ts";
import { introspectingVerifier, openIntrospection } from "./open-introspection.ts";
import { openServerAccess } from "./server-access.ts";
import type { IdentityBuilder } from "./refreshable.ts";

export interface BuiltVerifiers {
  /** Of tokens that name their issuer, in order of trust. */
  readonly verifiers: readonly TokenVerifier[];
  /** Of opaque tokens. */
  readonly introspect?: Introspect;
}

export function buildVerifiers(builder: IdentityBuilder): BuiltVerifiers {
  const { issuers = [], serviceAccounts } = builder.settings.identity;
  const introspected = issuers.find(({ introspection }) => introspection !== undefined);
  const introspect = introspected && openIntrospection(builder, introspected);
  const verifiers = [
    ...issuers.map((issuer) =>
      introspect !== undefined && issuer === introspected && !hasKeys(issuer)
        ? introspectingVerifier(issuer, introspect)
        : jwtVerifier(builder, issuer),
    ),
    serviceAccounts && serviceAccountVerifier(builder, serviceAccounts),
  ].filter((verifier) => verifier !== undefined);
  return { verifiers, ...(introspect && { introspect }) };
}

function hasKeys({ jwks, jwksFile }: JwtSettings): boolean {
  return jwks !== undefined || jwksFile !== undefined;
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

/** The API server's refusals of Tollgate's own account, whose token is in `token-file`. */
function refusals(may: string, role: string): NonNullable<JsonRequest["refusals"]> {
  return {
    401: "since it does not know Tollgate's own token: see token-file and ca-file",
    403: `since Tollgate's own account may not ${may}: bind it to the ClusterRole ${role}, and set token-file`,
  };
}

function serviceAccountVerifier(builder: IdentityBuilder, settings: ServiceAccountSettings): TokenVerifier {
  const { audience, issuer, jwks, jwksFile, tokenReview } = settings;
  const requestTo = openServerAccess(builder, settings, (tokenReview ?? jwks)?.origin ?? "");
  const reviewing = refusals("review tokens", "system:auth-delegator");
  const reading = refusals("read the public keys", "system:service-account-issuer-discovery");
  if (tokenReview !== undefined)
    return tokenReviewer(builder, settings, () => ({ ...requestTo(tokenReview), refusals: reviewing }));
  const keys =
    jwks === undefined
      ? keysFromFile(jwksFile ?? "", builder)
      : fetchedKeys(builder, settings, {
          name: "the cluster",
          fetch: () => fetchKeySet({ ...requestTo(jwks), refusals: reading }),
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
