/** Reads the agent, and the user on whose behalf it acts, from the claims of a verified token. See docs/decisions/0092. */

import {
  ALL_NAMES,
  type Authentication,
  authenticateAs,
  rejectedCredential,
  type SourceNames,
  withUser,
} from "../authentication.ts";

/** The names down to a claim: `["act", "sub"]`. */
export type ClaimPath = readonly string[];

/** The claims that name agent and user; absent ones have defaults. */
export interface ClaimPaths {
  /** Default `azp`, `client_id`, `appid`, `act.sub`, then `sub`. */
  readonly agent?: ClaimPath;
  /** Default `sub`, where that is not the client itself. */
  readonly user?: ClaimPath;
}

/** The claims of a verified token, as an object of its JSON. */
export type Claims = Readonly<Record<string, unknown>>;

// `appid` is of Microsoft Entra ID, version 1.0; `act.sub` is the current actor of RFC 8693, section 4.1.
const AGENT_CLAIMS: readonly ClaimPath[] = [["azp"], ["client_id"], ["appid"], ["act", "sub"], ["sub"]];
// `cid` is of Okta.
const CLIENT_CLAIMS = ["azp", "client_id", "appid", "cid"] as const;

/** Returns the reader of agent and user; a token whose names may not be used is rejected. Both names get the prefix of `names`. */
export function agentFromClaims(
  { agent, user }: ClaimPaths,
  names: SourceNames = ALL_NAMES,
): (claims: Claims) => Authentication {
  const agentPaths = agent === undefined ? AGENT_CLAIMS : [agent];
  return (claims) => {
    const named = agentPaths.map((path) => claimAt(claims, path)).find((value) => value !== undefined);
    // Security: the subject of a token that another acts with is not its agent.
    if (agent === undefined && named === claimAt(claims, ["sub"]) && isActorUnnamed(claims)) return NO_ACTOR;
    const found = authenticateAs(named, "jwt", names);
    if (found.kind !== "agent") return found;
    return withUser(found.agent, userIn(claims, String(named), user), names);
  };
}

const NO_ACTOR = rejectedCredential("the token's act names no actor");

/** Whether the token says that another acts for its subject, and no claim of it says who. */
function isActorUnnamed(claims: Claims): boolean {
  return (
    Object.hasOwn(claims, "act") &&
    AGENT_CLAIMS.slice(0, -1).every((path) => claimAt(claims, path) === undefined)
  );
}

/** The user; undefined when the agent acts for itself. */
function userIn(claims: Claims, agent: string, path: ClaimPath | undefined): unknown {
  const user = path === undefined ? subjectOfUser(claims) : claimAt(claims, path);
  return user === agent ? undefined : user;
}

/** `sub`, unless it is the client's: issuers also write it into tokens that a client requests for itself. */
function subjectOfUser(claims: Claims): unknown {
  const { sub, idtyp, gty, clientHost, preferred_username: account } = claims;
  const clients = CLIENT_CLAIMS.map((name) => claims[name]).filter((client) => typeof client === "string");
  const isClient =
    // Microsoft Entra ID and Auth0 say how the token was requested.
    idtyp === "app" ||
    gty === "client-credentials" ||
    clients.some((client) => sub === client || sub === `${client}@clients`) ||
    // Keycloak gives a client an account of its own. Security: a user may choose the name, but not `clientHost`.
    (clientHost !== undefined &&
      clients.some((client) => account === `service-account-${client.toLowerCase()}`));
  return isClient ? undefined : sub;
}

/** The value at a path; undefined when there is none. Own members only, so that no claim is called `constructor`. */
export function claimAt(claims: unknown, path: ClaimPath): unknown {
  let value = claims;
  for (const name of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
    value = Object.getOwnPropertyDescriptor(value, name)?.value;
  }
  return value;
}
