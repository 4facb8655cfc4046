/** Opens the introspection of one issuer's tokens. */

import type { JwtSettings } from "../../config/settings/identity/token-settings.ts";
import { prefixedNames } from "../../identity/name-owners.ts";
import type { TokenVerifier } from "../../identity/tokens/bearer.ts";
import { createIntrospection, type Introspect } from "../../identity/tokens/introspection.ts";
import { agentFromClaims } from "../../identity/tokens/token-agent.ts";
import { tokenTypeFault } from "../../identity/tokens/token-type.ts";
import type { Log } from "../../telemetry/logging/log.ts";
import type { IdentityBuilder } from "./refreshable.ts";
import { openServerAccess } from "./server-access.ts";

/** Undefined where the issuer has no introspection. */
export function openIntrospection(builder: IdentityBuilder, settings: JwtSettings): Introspect | undefined {
  const { introspection, access, prefix, agentClaim, userClaim } = settings;
  if (introspection === undefined) return undefined;
  let log: Log | undefined;
  const start = (given: Log): (() => void) => {
    log = given;
    return () => undefined;
  };
  builder.refreshables.push({ problem: () => undefined, start });
  const requestTo = openServerAccess(builder, access, introspection.origin);
  const paths = { ...(agentClaim && { agent: agentClaim }), ...(userClaim && { user: userClaim }) };
  return createIntrospection({
    ...settings,
    endpoint: () => requestTo(introspection),
    nowMs: builder.clock.wallMs,
    steadyMs: builder.clock.steadyMs,
    agentOf: agentFromClaims(paths, prefixedNames(prefix, builder.owners)),
    onProblem: (problem) => log?.warn({ problem }, "a token could not be introspected"),
  });
}

/** The verifier of JWTs of an issuer whose keys are not used. */
export function introspectingVerifier(
  { issuer, acceptsIdTokens }: JwtSettings,
  introspect: Introspect,
): TokenVerifier {
  return {
    matches: (claims) => claims.get("iss") === issuer,
    verify: (token, form) => {
      const fault = tokenTypeFault(form, acceptsIdTokens);
      return fault === undefined ? introspect(token) : Promise.resolve({ ok: false, detail: fault });
    },
  };
}
