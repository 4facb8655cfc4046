/** Shapes of addresses, header names and lists that several settings have in common. */

import { isIP } from "node:net";
import * as z from "zod";
import { isLoopbackHostname } from "./loopback.ts";

export interface Address {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
}

/** A text of the form `HOST:PORT`; YAML reads a port alone as a number. */
export const ADDRESS_TEXT = z.string({
  error: ({ input }) => (typeof input === "number" ? `must be HOST:PORT, got ${input}` : undefined),
});

export const ADDRESS_SHAPE = ADDRESS_TEXT.transform((text, context): Address => {
  const address = parseAddress(text);
  if (address === undefined)
    context.addIssue({ code: "custom", message: `must be HOST:PORT, got "${text}"` });
  return address ?? z.NEVER;
});

/** An address with a port of its own; IPv6 may stand without brackets, as Kubernetes writes the address of a pod. */
export const REPLICA_ADDRESS_SHAPE = ADDRESS_TEXT.transform((text, context): Address => {
  const [, bare = "", port = ""] = /^([^[\]]+):(\d+)$/.exec(text) ?? [];
  const address = parseAddress(isIP(bare) === 6 ? `[${bare}]:${port}` : text);
  if (address === undefined || address.port === 0)
    context.addIssue({ code: "custom", message: `must be HOST:PORT, got "${text}"` });
  return address ?? z.NEVER;
});

/** Undefined when the text is not `HOST:PORT`. */
export function parseAddress(text: string): Address | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  return match !== null && port <= 65_535 ? { host: match[1] ?? match[2] ?? "", port } : undefined;
}

/** An address, or `HOST:FIRST-LAST`: the first port from `port` to `lastPort` that is free. See docs/decisions/0154-a-range-of-admin-ports.md. */
export interface PortRange extends Address {
  /** Absent: only `port`. */
  readonly lastPort?: number;
}

/** Undefined when the text is neither `HOST:PORT` nor `HOST:FIRST-LAST`, or when the range is empty or begins at 0. */
export function parsePortRange(text: string): PortRange | undefined {
  const [, first = text, last] = /^(.*:\d{1,5})-(\d{1,5})$/.exec(text) ?? [];
  const address = parseAddress(first);
  if (address === undefined || last === undefined) return address;
  const lastPort = Number(last);
  const isRange = address.port > 0 && address.port <= lastPort && lastPort <= 65_535;
  return isRange ? { ...address, lastPort } : undefined;
}

/** A list of strings, or one string with commas between. */
export const LIST_SHAPE = z.union(
  [z.array(z.string()), z.string().transform((text) => text.split(",").map((item) => item.trim()))],
  "must be a list of strings, or one string with commas between",
);

/** An https URL, or an http one on loopback. It stays as it is written, since issuers are compared as text. */
export const trustedAddress = z.string().refine(isTrustedUrl, {
  error: ({ input }) => `must be an https URL, or an http one on loopback, got "${String(input)}"`,
});
export const trustedUrl = trustedAddress.transform((value) => new URL(value));

function isTrustedUrl(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, hostname, username, hash } = new URL(value);
  const isConfidential = protocol === "https:" || (protocol === "http:" && isLoopbackHostname(hostname));
  return isConfidential && username === "" && hash === "";
}

/** The name of a header, in lower case. */
export const headerName = z
  .string()
  .regex(/^[A-Za-z0-9-]+$/, "must be a header name of letters, digits and -")
  .transform((name) => name.toLowerCase());

/** Addresses and CIDR ranges of the proxies whose headers are trusted. */
export const trustedProxies = z
  .array(
    z.string().refine(isAddressRange, {
      error: ({ input }) => `must be an address or a CIDR range, got "${String(input)}"`,
    }),
  )
  .min(1);

function isAddressRange(value: string): boolean {
  const [address = "", bits, ...rest] = value.split("/");
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}
