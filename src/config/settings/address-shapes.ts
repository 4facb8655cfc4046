/** Shapes of the addresses and header names that settings of identity have in common. */

import { isIP } from "node:net";
import * as z from "zod";
import { isLoopbackHostname } from "./loopback.ts";

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
