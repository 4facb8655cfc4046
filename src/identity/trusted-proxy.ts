/** Whether a connection comes from a hop that the operator trusts to speak for others. */

import type { IncomingMessage } from "node:http";
import { BlockList, isIP, type Socket } from "node:net";

export type IsTrustedProxy = (request: IncomingMessage) => boolean;

/** `from` holds addresses and CIDR ranges; anything else in it trusts nobody. */
export function createTrustedProxyCheck(from: readonly string[]): IsTrustedProxy {
  const listed = new BlockList();
  for (const hop of from) {
    const [address = "", bits] = hop.split("/");
    const family = familyOf(address);
    if (family === undefined) continue;
    if (bits === undefined) listed.addAddress(address, family);
    else listed.addSubnet(address, Number(bits), family);
  }
  // Invariant: a connection keeps its address.
  const known = new WeakMap<Socket, boolean>();
  return ({ socket }) => {
    const before = known.get(socket);
    if (before !== undefined) return before;
    const address = (socket.remoteAddress ?? "").replace(/^::ffff:/, "");
    const family = familyOf(address);
    const isHop = family !== undefined && listed.check(address, family);
    known.set(socket, isHop);
    return isHop;
  };
}

function familyOf(address: string): "ipv4" | "ipv6" | undefined {
  const family = isIP(address);
  if (family === 0) return undefined;
  return family === 4 ? "ipv4" : "ipv6";
}
