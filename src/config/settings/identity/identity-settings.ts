/** The `identity:` section of the settings: the sources of credentials that name the agent, and the use of its tokens. */

import * as z from "zod";
import { headerName, trustedAddress, trustedProxies } from "../address-shapes.ts";
import { completeIssuers, issuerListProblems, ISSUERS_SHAPE } from "./issuer-list.ts";
import type { OutgoingProxy } from "./outgoing-proxy.ts";
import { SERVICE_ACCOUNTS_SHAPE, type ServiceAccountSettings } from "./service-account-settings.ts";
import { type JwtSettings, namePrefix } from "./token-settings.ts";

/** A header by which a trusted proxy names the agent. */
export interface HeaderSettings {
  readonly name: string;
  readonly from: readonly string[];
  readonly prefix?: string;
  /** The header, in lower case, that names the user. */
  readonly user?: string;
}

/** An absent section is a source that is off. */
export interface IdentitySettings {
  readonly isRequired?: boolean;
  readonly isPassthrough?: boolean;
  /** Whether a request whose credentials name different agents is refused, which is the default, or is of the first one's agent. */
  readonly severalCredentials?: "refuse" | "first";
  /** The address by which clients know this endpoint. */
  readonly resource?: string;
  readonly forwardsToken?: boolean;
  /** The keys that bind session ids to agents, for all replicas; absent: a key of each process. */
  readonly sessionKeyFile?: string;
  /** Whether the metrics of calls and denials have a label `user`. */
  readonly hasUserLabel?: boolean;
  /** The header, in lower case, that carries the verified agent to the upstream. */
  readonly upstreamHeader?: string;
  /** Issuers of JWT access tokens. */
  readonly issuers?: readonly JwtSettings[];
  readonly serviceAccounts?: ServiceAccountSettings;
  /** `header` in lower case; `authorization` means a bearer token. */
  readonly apiKeys?: { readonly file: string; readonly header: string };
  readonly xfcc?: { readonly from: readonly string[] };
  readonly header?: HeaderSettings;
  /** The proxy of requests to issuers, from the environment; absent: they are sent directly. */
  readonly outgoingProxy?: OutgoingProxy;
  /** The proxies that pass on the caller's address; absent: the caller is the other end of the connection. */
  readonly clientAddress?: { readonly from: readonly string[]; readonly header: ForwardingHeader };
}

const FORWARDING_HEADERS = ["x-forwarded-for", "forwarded"] as const;
export type ForwardingHeader = (typeof FORWARDING_HEADERS)[number];

/** Headers that belong to the connection, or that frame a message. */
const FRAMING_HEADERS = ["host", "connection", "content-length", "transfer-encoding", "upgrade", "expect"];

const upstreamHeader = headerName.refine((name) => !FRAMING_HEADERS.includes(name), {
  error: "must not be a header that says how a message is sent, such as Host; choose X-Agent-Id or the like",
});

const SECTION = z.strictObject({
  required: z.boolean().default(false),
  passthrough: z.boolean().default(false),
  "several-credentials": z.enum(["refuse", "first"]).default("refuse"),
  resource: trustedAddress.optional(),
  "forward-token": z.boolean().default(false),
  "user-label": z.boolean().default(false),
  "session-key-file": z.string().min(1).optional(),
  "upstream-header": upstreamHeader.optional(),
  jwt: ISSUERS_SHAPE.optional(),
  "service-accounts": SERVICE_ACCOUNTS_SHAPE.optional(),
  "api-keys": z
    .strictObject({ file: z.string().min(1), header: headerName.default("authorization") })
    .optional(),
  xfcc: z.strictObject({ from: trustedProxies }).optional(),
  header: z
    .strictObject({
      name: headerName,
      from: trustedProxies,
      prefix: namePrefix.default(""),
      user: headerName.exactOptional(),
    })
    .refine(({ name, user }) => name !== user, {
      path: ["user"],
      error: "must be another header than the one that names the agent",
    })
    .optional(),
  "client-address": z
    .strictObject({
      from: trustedProxies,
      header: headerName
        .pipe(z.enum(FORWARDING_HEADERS, "must be X-Forwarded-For or Forwarded"))
        .default("x-forwarded-for"),
    })
    .optional(),
});

export const IDENTITY_SHAPE = SECTION.superRefine((given, context) => {
  for (const [path, message] of contradictions(given)) context.addIssue({ code: "custom", path, message });
})
  .transform(identitySettings)
  .prefault({});

/** Settings that exclude each other, by the one that is to be changed. */
function contradictions(
  given: z.infer<typeof SECTION>,
): readonly [path: (string | number)[], message: string][] {
  const { passthrough, resource, jwt, header } = given;
  const found: [(string | number)[], string][] = [];
  if (passthrough && (jwt ?? given["service-accounts"] ?? given["api-keys"]) !== undefined)
    found.push([
      ["passthrough"],
      "leaves tokens to the upstream; take out jwt, service-accounts and api-keys, or this",
    ]);
  if (passthrough && resource !== undefined)
    found.push([
      ["resource"],
      "is for tokens that are checked here; with passthrough the upstream names itself",
    ]);
  if (jwt === undefined) return found;
  for (const [index, message] of issuerListProblems(jwt, resource))
    found.push([jwt.isList ? ["jwt", index] : ["jwt"], message]);
  const prefixes = completeIssuers(jwt, resource).map(({ prefix }) => prefix);
  if (header !== undefined && prefixes.includes(header.prefix)) found.push([["header"], sharedNames(header)]);
  return found;
}

function sharedNames({ prefix }: { readonly prefix: string }): string {
  const remedy = 'must have a prefix, such as prefix: "header:"';
  return prefix === ""
    ? `${remedy}: its names and those of jwt could be the same, and would be one agent`
    : `must have another prefix: names of jwt begin with "${prefix}" too`;
}

function identitySettings(section: z.infer<typeof SECTION>): IdentitySettings {
  const { resource, jwt, xfcc, header } = section;
  const [serviceAccounts, apiKeys] = [section["service-accounts"], section["api-keys"]];
  const upstreamHeader = section["upstream-header"];
  const clientAddress = section["client-address"];
  const sessionKeyFile = section["session-key-file"];
  return {
    isRequired: section.required,
    isPassthrough: section.passthrough,
    severalCredentials: section["several-credentials"],
    forwardsToken: section["forward-token"],
    hasUserLabel: section["user-label"],
    ...(resource !== undefined && { resource }),
    ...(upstreamHeader !== undefined && { upstreamHeader }),
    ...(sessionKeyFile !== undefined && { sessionKeyFile }),
    ...(jwt && { issuers: completeIssuers(jwt, resource) }),
    ...(serviceAccounts && { serviceAccounts }),
    ...(apiKeys && { apiKeys }),
    ...(xfcc && { xfcc }),
    ...(header && { header }),
    ...(clientAddress && { clientAddress }),
  };
}
