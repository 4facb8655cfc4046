/** Tells whether a connection comes from a proxy whose headers about its clients are trusted. */

import type { IncomingMessage } from "node:http";
import { BlockList, isIP, type Socket } from "node:net";

export type IsTrustedProxy = (request: IncomingMessage) => boolean;

/** Whether an address is on the list of addresses and CIDR ranges; any other entry of `from` matches no address. */
export function createAddressList(from: readonly string[]): (address: string) => boolean {
  const listed = new BlockList();
  for (const range of from) {
    const [address = "", bits] = range.split("/");
    const family = familyOf(address);
    if (family === undefined) continue;
    if (bits === undefined) listed.addAddress(address, family);
    else listed.addSubnet(address, Number(bits), family);
  }
  return (address) => {
    const family = familyOf(address);
    return family !== undefined && listed.check(address, family);
  };
}

/** `from` as for `createAddressList`. */
export function createTrustedProxyCheck(from: readonly string[]): IsTrustedProxy {
  const isListed = createAddressList(from);
  // Invariant: the address of a connection does not change.
  const known = new WeakMap<Socket, boolean>();
  return ({ socket }) => {
    const cached = known.get(socket);
    if (cached !== undefined) return cached;
    const isTrusted = isListed(peerAddress(socket) ?? "");
    known.set(socket, isTrusted);
    return isTrusted;
  };
}

/** The address of the other end of a connection, IPv4 without its IPv6 form; undefined once the connection is closed. */
export function peerAddress({ remoteAddress }: Pick<Socket, "remoteAddress">): string | undefined {
  return remoteAddress?.replace(/^::ffff:(?=\d+\.)/, "");
}

function familyOf(address: string): "ipv4" | "ipv6" | undefined {
  const family = isIP(address);
  if (family === 0) return undefined;
  return family === 4 ? "ipv4" : "ipv6";
}
