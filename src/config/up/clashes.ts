/** Finds what two servers of one file would both use: an address, a `server` label, a file that is written. */

import type { Place } from "../place-in-file.ts";
import type { PortRange } from "../settings/address-shapes.ts";
import type { HttpSettings, Settings } from "../settings/settings.ts";

interface NamedSettings {
  readonly name: string;
  readonly settings: HttpSettings;
}

/** Something that one part of the file has, and no other may have. */
interface Claim {
  /** The same for two claims that clash. */
  readonly key: string;
  /** The claimed thing as the problem names it. */
  readonly thing: string;
  readonly place: Place;
  /** The wildcard address takes the port on every address. */
  readonly host?: string;
}

/** Returns one problem for each clash, at the second place. */
export function clashes(
  own: Settings,
  servers: readonly NamedSettings[],
  at: (place: Place) => string,
): string[] {
  const claims = [
    ...addressClaim(own.admin, ["admin"]),
    ...servers.flatMap(({ name, settings }) => claimsOf(settings, ["servers", name])),
  ];
  return claims.flatMap((claim, index) => {
    const first = claims.slice(0, index).find((other) => isSame(other, claim));
    if (first === undefined) return [];
    const where = claim.place.join(".");
    return [
      `${at(claim.place)}: ${where}: ${claim.thing} is that of ${first.place.join(".")}, too: give each its own`,
    ];
  });
}

function claimsOf({ listen, admin, server, audit, freeze, approvals }: HttpSettings, place: Place): Claim[] {
  const states = [freeze.state, approvals.state].filter((path) => path !== undefined);
  return [
    ...addressClaim(listen, [...place, "listen"]),
    ...addressClaim(admin, [...place, "admin"]),
    { key: `label ${server}`, thing: `the server label ${server}`, place: [...place, "server"] },
    ...(audit === undefined || audit === "-"
      ? []
      : [{ key: `file ${audit}`, thing: `the audit log ${audit}`, place: [...place, "audit"] }]),
    ...states.map((path) => ({ key: `file ${path}`, thing: `the state file ${path}`, place })),
  ];
}

/** None for a free port, and for a range, of which each listener takes a port of its own. */
function addressClaim({ host, port, lastPort }: PortRange, place: Place): Claim[] {
  return port === 0 || lastPort !== undefined
    ? []
    : [{ key: `port ${port}`, thing: `the address ${host}:${port}`, place, host }];
}

const WILDCARDS: readonly (string | undefined)[] = ["0.0.0.0", "::"];

function isSame(one: Claim, other: Claim): boolean {
  if (one.key !== other.key) return false;
  return one.host === other.host || WILDCARDS.includes(one.host) || WILDCARDS.includes(other.host);
}
