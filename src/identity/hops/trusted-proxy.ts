/** Tells whether a connection comes from a proxy whose headers about its clients are trusted. */

import type { IncomingMessage } from "node:http";
import { BlockList, isIP, type Socket } from "node:net";

export type IsTrustedProxy = (request: IncomingMessage) => boolean;

/** `from` holds addresses and CIDR ranges; any other entry matches no address. */
export function createTrustedProxyCheck(from: readonly string[]): IsTrustedProxy {
  const listed = new BlockList();
  for (const range of from) {
    const [address = "", bits] = range.split("/");
    const family = familyOf(address);
    if (family === undefined) continue;
    if (bits === undefined) listed.addAddress(address, family);
    else listed.addSubnet(address, Number(bits), family);
  }
  // Invariant: the address of a connection does not change.
  const known = new WeakMap<Socket, boolean>();
  return ({ socket }) => {
    const cached = known.get(socket);
    if (cached !== undefined) return cached;
    const address = (socket.remoteAddress ?? "").replace(/^::ffff:/, "");
    const family = familyOf(address);
    const isTrusted = family !== undefined && listed.check(address, family);
    known.set(socket, isTrusted);
    return isTrusted;
  };
}

function familyOf(address: string): "ipv4" | "ipv6" | undefined {
  const family = isIP(address);
  if (family === 0) return undefined;
  return family === 4 ? "ipv4" : "ipv6";
}
