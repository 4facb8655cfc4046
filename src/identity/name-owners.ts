/** Divides the names of agents among the sources of identity: each name belongs to at most one of them. */

import type { SourceNames } from "./authentication.ts";

/** The sources that stand beside each other. */
export interface NameOwners {
  /** The beginnings of names that belong to one source. */
  readonly prefixes: readonly string[];
  /** Whether certificates name agents, by SPIFFE id or subject. */
  readonly hasCertificates: boolean;
  /** Whether a source without a prefix gives names of every other form. */
  readonly hasPlainNames: boolean;
}

/** Only the verifier of ServiceAccount tokens gives such names. */
export const SERVICE_ACCOUNT_PREFIX = "system:serviceaccount:";

/** The names of a source: those that begin with its prefix and with no longer one of another source. */
export function prefixedNames(prefix: string, owners: NameOwners): SourceNames {
  return {
    prefix,
    owns: (name) =>
      longestPrefix(name, owners) === prefix &&
      (prefix !== "" || !owners.hasCertificates || !isCertificateName(name)),
    ownsUser: (name) => longestPrefix(name, owners) === prefix,
  };
}

/** The names of certificates, be they presented here or to a trusted proxy. */
export function certificateNames(owners: NameOwners): SourceNames {
  return {
    prefix: "",
    owns: (name) => longestPrefix(name, owners) === "" && (!owners.hasPlainNames || isCertificateName(name)),
    ownsUser: (name) => longestPrefix(name, owners) === "",
  };
}

function longestPrefix(name: string, { prefixes }: NameOwners): string {
  return prefixes
    .filter((prefix) => name.startsWith(prefix))
    .reduce((longest, prefix) => (prefix.length > longest.length ? prefix : longest), "");
}

/** A SPIFFE id, or a subject such as `CN=build-7,O=Example`, which always has a `=`. */
function isCertificateName(name: string): boolean {
  return name.startsWith("spiffe://") || name.includes("=");
}

/** Whether an API key may have the name: it is of no form that belongs to another source. */
export function isPlainName(name: string, owners: NameOwners): boolean {
  return prefixedNames("", owners).owns(name);
}
