/** Completes the list of issuers: one entry for each issuer that a token can name, each with its audience and a prefix for its names. */

import * as z from "zod";
import { JWT_SHAPE, type JwtSettings, type JwtShape } from "./token-settings.ts";
import { TENANT } from "./issuer-presets.ts";

const MAX_ISSUERS = 32;
const LIST = z.array(JWT_SHAPE).min(1).max(MAX_ISSUERS);

/** `jwt:` as one mapping or a list of them; a list even of one has its index in the paths of problems. */
export const ISSUERS_SHAPE = z
  .unknown()
  .transform((value, context): { readonly isList: boolean; readonly given: readonly JwtShape[] } => {
    const isList = Array.isArray(value);
    // The problems of the chosen shape pass on unworded, so that they get the words of the whole document.
    const { issues, value: parsed } = runShape(isList ? LIST : JWT_SHAPE.transform((one) => [one]), value);
    context.issues.push(...issues.map((issue) => ({ ...issue, continue: false })));
    // An unknown key alone does not keep zod from transforming the value.
    const isShaped = issues.every(({ code }) => code === "unrecognized_keys");
    return isShaped ? { isList, given: parsed } : z.NEVER;
  });

function runShape(shape: z.ZodType<readonly JwtShape[]>, value: unknown) {
  // oxlint-disable-next-line no-underscore-dangle -- the one way to have issues without words.
  const result = shape._zod.run({ value, issues: [] }, { async: false });
  if (result instanceof Promise) throw new Error("the shape of an issuer is checked at once");
  return { issues: result.issues, value: result.value as readonly JwtShape[] };
}

export interface GivenIssuers {
  readonly isList: boolean;
  readonly given: readonly JwtShape[];
}

/** Every tenant is an issuer of its own. `resource` is the audience of issuers without one. */
export function completeIssuers(
  { given }: GivenIssuers,
  resource: string | undefined,
): readonly JwtSettings[] {
  const each = given.flatMap(tenantIssuers);
  return each.map(({ tenants: _tenants, ...issuer }) => ({
    ...issuer,
    audience: issuer.audience ?? (resource === undefined ? [] : [resource]),
    prefix: issuer.prefix ?? (each.length === 1 ? "" : addressPrefix(issuer.issuer)),
  }));
}

function tenantIssuers(given: JwtShape): readonly JwtShape[] {
  if (given.tenants.length === 0) return [given];
  return given.tenants.map((tenant) => {
    const fill = (text: string): string => text.replaceAll(TENANT, tenant);
    return {
      ...given,
      issuer: fill(given.issuer),
      requiredClaims: { ...given.requiredClaims, tid: [tenant] },
      ...(given.prefix !== undefined && { prefix: fill(given.prefix) }),
    };
  });
}

// Invariant: an issuer's address has no `#`, so that the first one ends the prefix and no two issuers share a name.
/** The address without `https://`, and `#`. */
function addressPrefix(issuer: string): string {
  return `${issuer.replace(/^https:\/\//, "")}#`;
}

/** Problems of issuers beside each other, with the index of the entry. */
export function issuerListProblems(
  list: GivenIssuers,
  resource: string | undefined,
): readonly (readonly [index: number, message: string])[] {
  const problems: [number, string][] = [];
  const issuers = new Set<string>();
  const prefixes = new Map<string, number>();
  const asked = list.given.flatMap(({ introspection }, index) => (introspection ? [index] : []));
  for (const index of asked.slice(1)) problems.push([index, SECOND_INTROSPECTION]);
  const isAlone = completeIssuers(list, resource).length === 1;
  for (const [index, entry] of list.given.entries()) {
    if (entry.audience === undefined && resource === undefined)
      problems.push([index, "must have an audience, or identity.resource that stands for it"]);
    for (const { issuer, prefix = isAlone ? "" : addressPrefix(issuer) } of tenantIssuers(entry)) {
      if (issuers.has(issuer)) problems.push([index, `names the issuer ${issuer} a second time`]);
      if (!issuers.has(issuer) && prefixes.has(prefix)) problems.push([index, samePrefix(prefix, entry)]);
      issuers.add(issuer);
      prefixes.set(prefix, index);
    }
  }
  return problems;
}

const SECOND_INTROSPECTION =
  "must not have introspection beside another issuer with it: an opaque token does not name the one that it may be sent to";

function samePrefix(prefix: string, { tenants }: JwtShape): string {
  const remedy = tenants.length > 1 ? `, with ${TENANT} in it` : "";
  return `must have a prefix of its own${remedy}: names of two issuers cannot both begin with "${prefix}"`;
}
