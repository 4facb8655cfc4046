/** Sets of IP addresses: CIDR ranges, and the named set of addresses that are not public. */

/** The name of the set of private, loopback, link-local and other addresses that are not public. */
export const PRIVATE = "@private";

const PRIVATE_RANGES = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "224.0.0.0/3",
  "::/96",
  "::ffff:0:0:0/96",
  "2001::/32",
  "64:ff9b::/96",
  "64:ff9b:1::/48",
  "2002::/16",
  "fc00::/7",
  "fe80::/10",
  "fec0::/10",
  "ff00::/8",
];

/** Returns a test whether an address is in one of the ranges; undefined when one is no address, range or named set. */
export function addressSet(ranges: readonly string[]): ((address: string) => boolean) | undefined {
  const all = ranges.flatMap((range) => (range === PRIVATE ? PRIVATE_RANGES : [range])).map(parseRange);
  const known = all.filter((range) => range !== undefined);
  if (known.length < all.length) return undefined;
  return (text) => {
    const address = parseAddress(text);
    return address !== undefined && known.some((range) => contains(range, address));
  };
}

/** Whether the text is an IP address in its usual form: no leading zeros, no zone. */
export function isAddress(text: string): boolean {
  return parseAddress(text) !== undefined;
}

/** An address as a number of 32 or 128 bits. An IPv4 address in IPv6 is the IPv4 address. */
interface Address {
  readonly bits: 32 | 128;
  readonly value: bigint;
}

interface Range {
  readonly address: Address;
  /** Bits after the prefix. */
  readonly free: bigint;
}

function contains({ address, free }: Range, { bits, value }: Address): boolean {
  return address.bits === bits && address.value >> free === value >> free;
}

function parseRange(text: string): Range | undefined {
  const [, written = "", prefix] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const address = parseAddress(written);
  if (address === undefined) return undefined;
  const length = prefix === undefined ? address.bits : Number(prefix);
  return length > address.bits ? undefined : { address, free: BigInt(address.bits - length) };
}

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;
const IPV4_IN_IPV6 = 0xffffn;

function parseAddress(text: string): Address | undefined {
  if (IPV4.test(text)) return { bits: 32, value: numberOf(text.split("."), 10, 8n) };
  if (!/^[\da-f:.]*:[\da-f:.]*$/i.test(text)) return undefined;
  const host = URL.parse(`http://[${text}]/`)?.hostname;
  if (host === undefined) return undefined;
  const [before = "", after] = host.slice(1, -1).split("::");
  const [head, tail] = [groupsOf(before), groupsOf(after ?? "")];
  const zeros = after === undefined ? [] : Array.from({ length: 8 - head.length - tail.length }, () => "0");
  const value = numberOf([...head, ...zeros, ...tail], 16, 16n);
  return value >> 32n === IPV4_IN_IPV6 ? { bits: 32, value: value & 0xffff_ffffn } : { bits: 128, value };
}

function groupsOf(text: string): readonly string[] {
  return text === "" ? [] : text.split(":");
}

function numberOf(digits: readonly string[], radix: number, bits: bigint): bigint {
  return digits.reduce((value, digit) => (value << bits) | BigInt(Number.parseInt(digit, radix)), 0n);
}
