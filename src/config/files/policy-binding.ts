/** Matches callers with the bindings of policies. */

import { type Caller, listHolds, type Proof } from "../../policy/caller.ts";
import { parseNamePattern } from "../../policy/names/pattern.ts";
import type { BindingMatch } from "../settings/binding-settings.ts";

/** Whether a binding is for the caller; undefined when that cannot be decided, so that no policy may apply. */
export type MatchesCaller = (caller: Caller) => boolean | undefined;

export function compileMatch(match: BindingMatch): MatchesCaller {
  if (typeof match === "string") return matchesAgent(match);
  const { pattern, user, group, scope, issuer } = match;
  const tests = [
    pattern === undefined ? undefined : matchesAgent(pattern),
    user === undefined ? undefined : matchesUser(user),
    issuer === undefined ? undefined : matchesIssuer(issuer),
    group === undefined ? undefined : matchesList("groups", group),
    scope === undefined ? undefined : matchesList("scopes", scope),
  ].filter((test) => test !== undefined);
  return (caller) => {
    let isDecided = true;
    for (const test of tests) {
      const result = test(caller);
      if (result === false) return false;
      if (result === undefined) isDecided = false;
    }
    return isDecided ? true : undefined;
  };
}

function matchesAgent(pattern: string): MatchesCaller {
  const parsed = parseNamePattern(pattern);
  return ({ agent }) => parsed.matches(agent);
}

function matchesUser(pattern: string): MatchesCaller {
  const parsed = parseNamePattern(pattern);
  return ({ user }) => user !== undefined && parsed.matches(user);
}

function matchesIssuer(issuers: readonly string[]): MatchesCaller {
  return ({ proof }) => {
    const issuer = proof?.().issuer;
    return issuer !== undefined && issuers.includes(issuer);
  };
}

function matchesList(list: keyof Pick<Proof, "groups" | "scopes">, names: readonly string[]): MatchesCaller {
  return ({ proof }) => listHolds(proof?.()[list], names);
}
