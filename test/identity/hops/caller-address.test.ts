import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { describe, expect, it } from "vitest";
import {
  createCallerAddress,
  type ForwardedAddressOptions,
} from "../../../src/identity/hops/caller-address.ts";

class ConnectedSocket extends Socket {
  override readonly remoteAddress: string | undefined;

  constructor(address: string | undefined) {
    super();
    this.remoteAddress = address;
  }
}

/** A request from `peer` with these headers, as they were sent. */
function request(peer: string | undefined, ...rawHeaders: string[]): IncomingMessage {
  const incoming = new IncomingMessage(new ConnectedSocket(peer));
  incoming.rawHeaders = rawHeaders;
  return incoming;
}

const PROXIES = ["10.0.0.0/8", "127.0.0.1", "2001:db8:1::/48"];
const X: ForwardedAddressOptions = { from: PROXIES, header: "x-forwarded-for" };
const F: ForwardedAddressOptions = { from: PROXIES, header: "forwarded" };

describe("the caller's address", () => {
  it.each([
    ["203.0.113.7", "203.0.113.7"],
    ["::ffff:203.0.113.7", "203.0.113.7"],
    ["2001:db8::1", "2001:db8::1"],
    [undefined, undefined],
  ])("is that of the connection from %s", (peer, address) => {
    expect(createCallerAddress()(request(peer, "X-Forwarded-For", "192.0.2.1"))).toBe(address);
    expect(createCallerAddress(X)(request(peer))).toBe(address);
  });

  it("stays known after the connection is closed", () => {
    const addressOf = createCallerAddress();
    const incoming = request("203.0.113.7");
    addressOf(incoming);
    Object.defineProperty(incoming.socket, "remoteAddress", { value: undefined });
    expect(addressOf(incoming)).toBe("203.0.113.7");
  });

  it.each<[string, string, readonly string[], string]>([
    ["one proxy", "10.0.0.1", ["203.0.113.7"], "203.0.113.7"],
    ["two proxies", "10.0.0.1", ["203.0.113.7, 10.9.9.9"], "203.0.113.7"],
    ["a proxy over IPv4 in IPv6", "::ffff:10.0.0.1", ["203.0.113.7"], "203.0.113.7"],
    ["a proxy over IPv6", "2001:db8:1::5", ["203.0.113.7"], "203.0.113.7"],
    ["two headers, in their order", "10.0.0.1", ["203.0.113.7", "10.9.9.9"], "203.0.113.7"],
    ["an address that the client has made up", "10.0.0.1", ["192.0.2.66, 203.0.113.7"], "203.0.113.7"],
    ["a made-up proxy", "10.0.0.1", ["192.0.2.66, 10.9.9.9, 203.0.113.7"], "203.0.113.7"],
    ["a made-up header before the proxy's", "10.0.0.1", ["192.0.2.66", "203.0.113.7"], "203.0.113.7"],
    ["proxies alone", "10.0.0.1", ["10.1.1.1, 10.2.2.2"], "10.1.1.1"],
    ["a port", "10.0.0.1", ["203.0.113.7:4711"], "203.0.113.7"],
    ["IPv6", "10.0.0.1", ["2001:DB8:0:0::9"], "2001:db8::9"],
    ["IPv6 with a port", "10.0.0.1", ["[2001:db8::9]:4711"], "2001:db8::9"],
    ["IPv4 in IPv6", "10.0.0.1", ["::ffff:203.0.113.7"], "203.0.113.7"],
    ["no address", "10.0.0.1", ["203.0.113.7, unknown"], "10.0.0.1"],
    ["no address before a proxy", "10.0.0.1", ["unknown, 10.9.9.9"], "10.9.9.9"],
    ["an empty element", "10.0.0.1", ["203.0.113.7, "], "10.0.0.1"],
    ["an empty header", "10.0.0.1", [""], "10.0.0.1"],
    ["a zone", "10.0.0.1", ["fe80::1%eth0"], "10.0.0.1"],
    ["an address that is written otherwise", "10.0.0.1", ["0177.0.0.1"], "10.0.0.1"],
    ["IPv4 in brackets", "10.0.0.1", ["[203.0.113.7]"], "10.0.0.1"],
    ["a connection that is no proxy's", "198.51.100.1", ["203.0.113.7"], "198.51.100.1"],
    ["a proxy's address that is out of the range", "11.0.0.1", ["203.0.113.7"], "11.0.0.1"],
  ])("follows X-Forwarded-For from the right: %s", (_case, peer, values, address) => {
    const headers = values.flatMap((value) => ["x-forwarded-FOR", value]);
    expect(createCallerAddress(X)(request(peer, ...headers))).toBe(address);
  });

  it.each<[string, readonly string[], string]>([
    ["a token", ["for=203.0.113.7"], "203.0.113.7"],
    ["a name in capitals", ["For=203.0.113.7;Proto=https"], "203.0.113.7"],
    ["quoted IPv6 with a port", ['for="[2001:db8::9]:4711"'], "2001:db8::9"],
    ["other parameters around it", ["proto=https ; for=203.0.113.7;by=10.0.0.1"], "203.0.113.7"],
    ["two proxies", ["for=203.0.113.7, for=10.9.9.9;proto=http"], "203.0.113.7"],
    ["two headers", ["for=192.0.2.66", "for=203.0.113.7"], "203.0.113.7"],
    ["an escape within quotes", ['for="203.0.113\\.7"'], "203.0.113.7"],
    ["a comma within quotes", ['for=203.0.113.7;ext="a,for=192.0.2.66"'], "203.0.113.7"],
    ["an obfuscated name", ["for=203.0.113.7, for=_hidden"], "10.0.0.1"],
    ["unknown", ["for=unknown"], "10.0.0.1"],
    ["no for", ["proto=https"], "10.0.0.1"],
    ["for twice in one element", ["for=203.0.113.7;for=192.0.2.66"], "10.0.0.1"],
    ["a quote that does not end", ['for=203.0.113.7, for="10.9.9.9'], "10.0.0.1"],
    ["a client's quote before the proxy's element", ['for="192.0.2.66', "for=203.0.113.7"], "203.0.113.7"],
    ["a client's blanks before the proxy's element", ["a b", "for=203.0.113.7"], "203.0.113.7"],
    ["a client's quote before two proxies' elements", ['for="', "for=203.0.113.7, for=10.9.9.9"], "10.9.9.9"],
    ["nothing that can be read", ['for="', 'for="'], "10.0.0.1"],
    ["IPv6 without quotes", ["for=2001:db8::9"], "10.0.0.1"],
  ])("follows Forwarded: %s", (_case, values, address) => {
    const headers = values.flatMap((value) => ["Forwarded", value]);
    expect(createCallerAddress(F)(request("10.0.0.1", ...headers))).toBe(address);
  });

  it("is not read from the header that the proxies do not write", () => {
    expect(createCallerAddress(X)(request("10.0.0.1", "Forwarded", "for=192.0.2.1"))).toBe("10.0.0.1");
    expect(createCallerAddress(F)(request("10.0.0.1", "X-Forwarded-For", "192.0.2.1"))).toBe("10.0.0.1");
  });
});
