/** The `identity:` and `tls:` sections of the settings: which sources name the agent, and what becomes of their tokens. */

import { isIP } from "node:net";
import * as z from "zod";
import { isLoopbackHostname } from "./loopback.ts";

/** Signatures with a public key; never `none`, never a shared secret. */
export const TOKEN_ALGORITHMS = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
] as const;
export type TokenAlgorithm = (typeof TOKEN_ALGORITHMS)[number];

const milliseconds = (least: number, most: number) => z.number().int().min(least).max(most);
const text = z.string().min(1);

/** https, or http where nobody else listens; kept as written, since issuers are compared as text. */
const trustedAddress = z.string().refine(isTrustedUrl, {
  error: ({ input }) => `must be an https URL, or an http one on loopback, got "${String(input)}"`,
});
const trustedUrl = trustedAddress.transform((value) => new URL(value));

function isTrustedUrl(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, hostname, username, hash } = new URL(value);
  return (
    (protocol === "https:" || (protocol === "http:" && isLoopbackHostname(hostname))) &&
    username === "" &&
    hash === ""
  );
}

const headerName = z
  .string()
  .regex(/^[A-Za-z0-9-]+$/, "must be a header name of letters, digits and -")
  .transform((name) => name.toLowerCase());

/** They say how a message is sent, and are the connection's own. */
const FRAMING_HEADERS = ["host", "connection", "content-length", "transfer-encoding", "upgrade", "expect"];

const upstreamHeader = headerName.refine((name) => !FRAMING_HEADERS.includes(name), {
  error: "must not be a header that says how a message is sent, such as Host; choose X-Agent-Id or the like",
});

/** Addresses and CIDR ranges. */
const trustedProxies = z
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

const keyTimes = {
  "refresh-ms": milliseconds(10, 86_400_000).default(300_000),
  "stale-ms": milliseconds(10, 7 * 86_400_000).default(3_600_000),
  "cool-down-ms": milliseconds(10, 3_600_000).default(30_000),
};

const jwt = z.strictObject({
  issuer: trustedAddress.refine((value) => !value.includes("?"), "must have no query"),
  jwks: trustedUrl.optional(),
  audience: z.union([text, z.array(text).min(1)]).optional(),
  algorithms: z
    .array(z.enum(TOKEN_ALGORITHMS))
    .min(1)
    .default([...TOKEN_ALGORITHMS]),
  "agent-claim": z.union([text, z.array(text).min(1).max(8)]).optional(),
  "clock-tolerance-ms": milliseconds(0, 300_000).default(30_000),
  ...keyTimes,
});

const serviceAccounts = z
  .strictObject({
    audience: text,
    issuer: text.optional(),
    jwks: trustedUrl.optional(),
    "jwks-file": text.optional(),
    "token-review": trustedUrl.optional(),
    "ca-file": text.optional(),
    "token-file": text.optional(),
    ...keyTimes,
  })
  .superRefine((given, context) => {
    const ways = [given.jwks, given["jwks-file"], given["token-review"]].filter((way) => way !== undefined);
    if (ways.length !== 1)
      context.addIssue({ code: "custom", message: "must have one of jwks, jwks-file and token-review" });
    if ((given.jwks ?? given["jwks-file"]) !== undefined && given.issuer === undefined)
      context.addIssue({ code: "custom", message: "must name the issuer when tokens are checked by jwks" });
  });

export const IDENTITY_SHAPE = z
  .strictObject({
    required: z.boolean().default(false),
    passthrough: z.boolean().default(false),
    resource: trustedAddress.optional(),
    "forward-token": z.boolean().default(false),
    "upstream-header": upstreamHeader.optional(),
    jwt: jwt.optional(),
    "service-accounts": serviceAccounts.optional(),
    "api-keys": z.strictObject({ file: text, header: headerName.default("authorization") }).optional(),
    xfcc: z.strictObject({ from: trustedProxies }).optional(),
    header: z.strictObject({ name: headerName, from: trustedProxies }).optional(),
  })
  .superRefine((given, context) => {
    const refuse = (path: string, message: string): void =>
      context.addIssue({ code: "custom", path: [path], message });
    if (given.passthrough && (given.jwt ?? given["service-accounts"] ?? given["api-keys"]) !== undefined)
      refuse(
        "passthrough",
        "leaves tokens to the upstream; take out jwt, service-accounts and api-keys, or this",
      );
    if (given.passthrough && given.resource !== undefined)
      refuse("resource", "is for tokens that are checked here; with passthrough the upstream names itself");
    if (given.jwt !== undefined && (given.jwt.audience ?? given.resource) === undefined)
      refuse("jwt", "must have an audience, or identity.resource that stands for it");
  })
  .prefault({});

export const TLS_SHAPE = z.strictObject({ cert: text, key: text, "client-ca": text.optional() }).optional();

/** When public keys are fetched, in milliseconds. */
export interface KeyTimes {
  readonly refreshMs: number;
  /** How long keys serve when they cannot be fetched again. */
  readonly staleMs: number;
  /** Least time between two fetches that tokens with unknown keys ask for. */
  readonly coolDownMs: number;
}

export interface JwtSettings extends KeyTimes {
  /** As written in the settings, which is what `iss` must be. */
  readonly issuer: string;
  /** Absent: from the issuer's metadata. */
  readonly jwks?: URL;
  /** One of them must be in `aud`. */
  readonly audience: readonly string[];
  readonly algorithms: readonly TokenAlgorithm[];
  /** Names down to the claim that names the agent; absent: `azp`, `client_id`, then `sub`. */
  readonly agentClaim?: readonly string[];
  readonly clockToleranceMs: number;
}

export interface ServiceAccountSettings extends KeyTimes {
  readonly audience: string;
  /** Absent only with `tokenReview`. */
  readonly issuer?: string;
  readonly jwks?: URL;
  readonly jwksFile?: string;
  /** The API server that is asked about each token. */
  readonly tokenReview?: URL;
  readonly caFile?: string;
  /** Our own token for the API server; read again for each request, since it is rotated. */
  readonly tokenFile?: string;
}

/** Absent sections are sources that are off. */
export interface IdentitySettings {
  readonly isRequired?: boolean;
  readonly isPassthrough?: boolean;
  /** The address by which clients know this endpoint. */
  readonly resource?: string;
  readonly forwardsToken?: boolean;
  /** In lower case; tells the upstream the verified agent. */
  readonly upstreamHeader?: string;
  readonly jwt?: JwtSettings;
  readonly serviceAccounts?: ServiceAccountSettings;
  /** `header` in lower case; `authorization` means a bearer token. */
  readonly apiKeys?: { readonly file: string; readonly header: string };
  readonly xfcc?: { readonly from: readonly string[] };
  readonly header?: { readonly name: string; readonly from: readonly string[] };
}

export interface TlsSettings {
  readonly cert: string;
  readonly key: string;
  /** Whose client certificates name an agent; absent: none is asked for. */
  readonly clientCa?: string;
}

export function identitySettings(raw: z.infer<typeof IDENTITY_SHAPE>): IdentitySettings {
  const { resource, jwt, xfcc, header } = raw;
  const accounts = raw["service-accounts"];
  return {
    isRequired: raw.required,
    isPassthrough: raw.passthrough,
    forwardsToken: raw["forward-token"],
    ...(resource !== undefined && { resource }),
    ...(raw["upstream-header"] !== undefined && { upstreamHeader: raw["upstream-header"] }),
    ...(jwt && { jwt: jwtOf(jwt, resource) }),
    ...(accounts && { serviceAccounts: serviceAccountsOf(accounts) }),
    ...(raw["api-keys"] && { apiKeys: raw["api-keys"] }),
    ...(xfcc && { xfcc }),
    ...(header && { header }),
  };
}

export function tlsSettings(raw: z.infer<typeof TLS_SHAPE>): TlsSettings | undefined {
  if (raw === undefined) return undefined;
  const clientCa = raw["client-ca"];
  return { cert: raw.cert, key: raw.key, ...(clientCa !== undefined && { clientCa }) };
}

function jwtOf(raw: z.infer<typeof jwt>, resource: string | undefined): JwtSettings {
  const claim = raw["agent-claim"];
  return {
    ...timesOf(raw),
    issuer: raw.issuer,
    ...(raw.jwks && { jwks: raw.jwks }),
    audience: listOf(raw.audience ?? resource ?? []),
    algorithms: raw.algorithms,
    ...(claim !== undefined && { agentClaim: listOf(claim) }),
    clockToleranceMs: raw["clock-tolerance-ms"],
  };
}

function serviceAccountsOf(raw: z.infer<typeof serviceAccounts>): ServiceAccountSettings {
  return {
    ...timesOf(raw),
    audience: raw.audience,
    ...(raw.issuer !== undefined && { issuer: raw.issuer }),
    ...(raw.jwks && { jwks: raw.jwks }),
    ...(raw["jwks-file"] !== undefined && { jwksFile: raw["jwks-file"] }),
    ...(raw["token-review"] && { tokenReview: raw["token-review"] }),
    ...(raw["ca-file"] !== undefined && { caFile: raw["ca-file"] }),
    ...(raw["token-file"] !== undefined && { tokenFile: raw["token-file"] }),
  };
}

function timesOf(raw: { [Key in keyof typeof keyTimes]: number }): KeyTimes {
  return { refreshMs: raw["refresh-ms"], staleMs: raw["stale-ms"], coolDownMs: raw["cool-down-ms"] };
}

function listOf(value: string | readonly string[]): readonly string[] {
  return typeof value === "string" ? [value] : value;
}
