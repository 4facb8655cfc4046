/** Whether the host of a URL is one of a list, by the WHATWG parser and by any other that reads it differently. */

import type { TestResult } from "../compare-json.ts";
import { addressSet, isAddress, PRIVATE } from "./addresses.ts";

/**
 * Tests the host of a URL: names, `*.example.com` for the names below one, addresses, CIDR ranges and `@private`.
 * Undefined when one of them is none of these.
 */
export function hostIn(hosts: readonly string[]): ((url: string) => TestResult) | undefined {
  const addresses = addressSet(hosts.filter(isRange));
  const names = hosts
    .flatMap((host) => (host === PRIVATE ? LOCAL_NAMES : [host]))
    .filter((host) => !isRange(host))
    .map(nameTest);
  if (addresses === undefined) return undefined;
  const tests = names.filter((test) => test !== undefined);
  if (tests.length < names.length) return undefined;
  return (url) => {
    const host = hostOf(url);
    if (host === undefined) return "type";
    return isAddress(host) ? addresses(host) : tests.some((test) => test(host));
  };
}

/** Names that resolvers answer with loopback addresses. Source: RFC 6761, section 6.3. */
const LOCAL_NAMES = ["localhost", "*.localhost"];

function isRange(host: string): boolean {
  return host === PRIVATE || host.includes("/") || isAddress(host);
}

type NameTest = (host: string) => boolean;

function nameTest(pattern: string): NameTest | undefined {
  const isBelow = pattern.startsWith("*.");
  const host = hostOf(`https://${isBelow ? pattern.slice(2) : pattern}`);
  const isPlain = host !== undefined && !/[/?#@*]/.test(isBelow ? pattern.slice(2) : pattern);
  if (!isPlain) return undefined;
  return isBelow ? (name) => name.endsWith(`.${host}`) : (name) => name === host;
}

const MAX_URL_LENGTH = 16_384;
/** The schemes with a host that the WHATWG parser normalises. The host may have neither user info nor escapes. */
const URL_WITH_HOST = /^(?:https?|wss?|ftp):\/\/([^/?#@%\\]+)(?:[/?#]|$)/i;
/** Letters that the two versions of IDNA encode differently. Source: UTS 46, deviation characters. */
const DEVIATION = /[\u00df\u1e9e\u03c2]/u;
/** The parser drops some of these, and other parsers keep them. */
const DROPPED = /[\p{Cc}\p{Default_Ignorable_Code_Point}\p{White_Space}\\]/u;

/** Whether a URL is too long, or has a character that some parsers drop. */
export function hasDroppedCharacter(url: string): boolean {
  return url.length > MAX_URL_LENGTH || DROPPED.test(url);
}

// Security: a host that two parsers read differently cannot be tested.
/** The host in lower case, punycode and usual address form; undefined where parsers could disagree. */
export function hostOf(url: string): string | undefined {
  if (hasDroppedCharacter(url)) return undefined;
  const written = URL_WITH_HOST.exec(url)?.[1];
  const parsed = written === undefined ? null : URL.parse(url);
  if (written === undefined || parsed === null || DEVIATION.test(written)) return undefined;
  const host = parsed.hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
  if (host === "") return undefined;
  // 0177.0.0.1 and 2130706433 are other addresses to other parsers.
  const isUsual = !isAddress(host) || host.includes(":") || written.replace(/:\d*$/, "") === host;
  return isUsual ? host : undefined;
}
