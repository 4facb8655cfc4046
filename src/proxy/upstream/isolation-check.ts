/** Checks whether clients can reach the upstream directly, past the sidecar and its policy. */

import { isIP } from "node:net";
import { networkInterfaces } from "node:os";
import { acceptsConnections, hostOf, portOf } from "./health-check.ts";

/**
 * `isolated`: the upstream is on loopback, and no other address of this machine accepts connections on its port. `exposed`: one does.
 * `unknown`: the upstream is not on loopback, so other machines may reach it directly, which Tollgate cannot test.
 */
export type Exposure =
  | { readonly state: "isolated" | "unknown" }
  | { readonly state: "exposed"; readonly address: string };

/** Connects to this machine's own addresses on the upstream's port, without sending a byte. */
export async function findExposure(url: URL, addresses = ownAddresses()): Promise<Exposure> {
  if (!isLoopback(hostOf(url))) return { state: "unknown" };
  const port = portOf(url);
  const accepted = await Promise.all(addresses.map((address) => acceptsConnections(address, port)));
  const exposed = addresses.find((_address, index) => accepted[index]);
  return exposed === undefined ? { state: "isolated" } : { state: "exposed", address: exposed };
}

/** Whether only this machine can reach a listener on this host (an IPv6 address without brackets). */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

/** This machine's addresses other than loopback; link-local ones with their interface. */
function ownAddresses(): string[] {
  return Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) =>
    addresses
      .filter(({ internal }) => !internal)
      .map(({ address }) => (address.startsWith("fe80:") ? `${address}%${name}` : address)),
  );
}
