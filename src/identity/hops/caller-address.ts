/** Finds the address of the caller: of the connection, or the one that trusted proxies have passed on. */

import type { IncomingMessage } from "node:http";
import { isIP, SocketAddress, type Socket } from "node:net";
import { headerValues } from "../authentication.ts";
import { createAddressList, peerAddress } from "./trusted-proxy.ts";

export interface ForwardedAddressOptions {
  /** Addresses and CIDR ranges of the proxies that are trusted. */
  readonly from: readonly string[];
  /** The one header that these proxies write, since a client may send the other one. */
  readonly header: "x-forwarded-for" | "forwarded";
}

/** Undefined when the connection is closed. */
export type CallerAddressOf = (request: IncomingMessage) => string | undefined;

/** Without options it is the address of the connection. */
export function createCallerAddress(options?: ForwardedAddressOptions): CallerAddressOf {
  // Invariant: the address of a connection does not change.
  const known = new WeakMap<Socket, string>();
  const peerOf = (socket: Socket): string | undefined => {
    const cached = known.get(socket);
    if (cached !== undefined) return cached;
    const address = peerAddress(socket);
    if (address !== undefined) known.set(socket, address);
    return address;
  };
  if (options === undefined) return ({ socket }) => peerOf(socket);
  const { header } = options;
  const isTrusted = createAddressList(options.from);
  const readHops = header === "forwarded" ? forwardedHops : forwardedForHops;
  return (request) => {
    const peer = peerOf(request.socket);
    if (peer === undefined || !isTrusted(peer)) return peer;
    const values = headerValues(request, header);
    return values === undefined ? peer : lastUntrusted(peer, readHops(values.join(",")), isTrusted);
  };
}

/**
 * The first address from the right that is no trusted proxy's; the leftmost one when all are.
 * Security: a client writes what it likes to the left of the address that the first trusted proxy adds, so nothing there is read.
 */
function lastUntrusted(
  peer: string,
  hops: readonly (string | undefined)[],
  isTrusted: (address: string) => boolean,
): string {
  let address = peer;
  for (const hop of hops.toReversed()) {
    // An element that is no address ends the search: the proxy that wrote it is the last that is known.
    if (hop === undefined) return address;
    address = hop;
    if (!isTrusted(address)) return address;
  }
  return address;
}

type Hops = readonly (string | undefined)[];

function forwardedForHops(value: string): Hops {
  return value.split(",").map((part) => hopAddress(part.trim()));
}

const TOKEN = "[!#$%&'*+.^_`|~\\w-]+";
// RFC 7239, section 4, and parameters without a value, as some proxies write them.
const PAIR = new RegExp(String.raw`\s*(?:(${TOKEN})=(?:(${TOKEN})|"((?:[^"\\]|\\.)*)"))?\s*([;,]|$)`, "y");

/** One for each element; a header of another form has no hops. */
function forwardedHops(value: string): Hops {
  const hops: (string | undefined)[] = [];
  const reader = new RegExp(PAIR);
  let own: string[] = [];
  for (;;) {
    const match = reader.exec(value);
    // Security: a client may break what it wrote itself; the element after the last comma is the proxy's.
    if (match === null) return lastElementHops(value);
    const [, name, token, quoted, end] = match;
    if (name?.toLowerCase() === "for") own.push(token ?? (quoted ?? "").replaceAll(/\\(.)/g, "$1"));
    if (end === ";") continue;
    const [first, ...others] = own;
    hops.push(first === undefined || others.length > 0 ? undefined : hopAddress(first));
    own = [];
    if (end === "") return hops;
  }
}

function lastElementHops(value: string): Hops {
  const comma = value.lastIndexOf(",");
  return comma === -1 ? [] : [undefined, ...forwardedHops(value.slice(comma + 1))];
}

/** The address of `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1` or `[2001:db8::1]:4711`, in its canonical form; undefined for any other text. */
function hopAddress(text: string): string | undefined {
  const [, bracketed, plain] = /^(?:\[([^\]]*)\]|([\d.]+))(?::\d{1,5})?$/.exec(text) ?? [];
  const address = bracketed ?? plain ?? text;
  const family = isIP(address);
  // A zone is of the proxy's own machine.
  if (family === 0 || address.includes("%") || (bracketed !== undefined && family === 4)) return undefined;
  // A new text, since a part of the header would keep all of it in memory.
  const canonical = new SocketAddress({ address, family: family === 4 ? "ipv4" : "ipv6" });
  return peerAddress({ remoteAddress: canonical.address });
}
