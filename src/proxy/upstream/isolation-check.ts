/** Whether the upstream can be reached round the sidecar: a policy is only as good as the pod. */

import { isIP } from "node:net";
import { networkInterfaces } from "node:os";
import { acceptsConnections, hostOf, portOf } from "./health-check.ts";

/**
 * `isolated`: it listens on loopback, and none of this machine's own addresses answers on its port. `exposed`: one does.
 * `unknown`: it is not on loopback, so whoever can reach it need not come by us, and we cannot see who can.
 */
export type Exposure =
  | { readonly state: "isolated" | "unknown" }
  | { readonly state: "exposed"; readonly address: string };

/** Tries this machine's own addresses on the upstream's port; not one byte is sent. */
export async function findExposure(url: URL, addresses = ownAddresses()): Promise<Exposure> {
  if (!isLoopback(hostOf(url))) return { state: "unknown" };
  const port = portOf(url);
  const answers = await Promise.all(addresses.map((address) => acceptsConnections(address, port)));
  const exposed = addresses.find((_address, index) => answers[index]);
  return exposed === undefined ? { state: "isolated" } : { state: "exposed", address: exposed };
}

/** Whether a listener on this host, an IPv6 address without brackets, is reached from this machine alone. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

/** Addresses that others can reach this machine by; link-local ones with their interface. */
function ownAddresses(): string[] {
  return Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) =>
    addresses
      .filter(({ internal }) => !internal)
      .map(({ address }) => (address.startsWith("fe80:") ? `${address}%${name}` : address)),
  );
}
