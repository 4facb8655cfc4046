/** The `identity:` section of the settings: the sources of credentials that name the agent, and the use of its tokens. */

import * as z from "zod";
import { headerName, trustedAddress, trustedProxies } from "../address-shapes.ts";
import {
  JWT_SHAPE,
  type JwtSettings,
  SERVICE_ACCOUNTS_SHAPE,
  type ServiceAccountSettings,
} from "./token-settings.ts";

/** An absent section is a source that is off. */
export interface IdentitySettings {
  readonly isRequired?: boolean;
  readonly isPassthrough?: boolean;
  /** The address by which clients know this endpoint. */
  readonly resource?: string;
  readonly forwardsToken?: boolean;
  /** Whether the metrics of calls and denials have a label `user`. */
  readonly hasUserLabel?: boolean;
  /** The header, in lower case, that carries the verified agent to the upstream. */
  readonly upstreamHeader?: string;
  readonly jwt?: JwtSettings;
  readonly serviceAccounts?: ServiceAccountSettings;
  /** `header` in lower case; `authorization` means a bearer token. */
  readonly apiKeys?: { readonly file: string; readonly header: string };
  readonly xfcc?: { readonly from: readonly string[] };
  readonly header?: { readonly name: string; readonly from: readonly string[] };
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
  resource: trustedAddress.optional(),
  "forward-token": z.boolean().default(false),
  "user-label": z.boolean().default(false),
  "upstream-header": upstreamHeader.optional(),
  jwt: JWT_SHAPE.optional(),
  "service-accounts": SERVICE_ACCOUNTS_SHAPE.optional(),
  "api-keys": z
    .strictObject({ file: z.string().min(1), header: headerName.default("authorization") })
    .optional(),
  xfcc: z.strictObject({ from: trustedProxies }).optional(),
  header: z.strictObject({ name: headerName, from: trustedProxies }).optional(),
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
  for (const [name, message] of contradictions(given))
    context.addIssue({ code: "custom", path: [name], message });
})
  .transform(identitySettings)
  .prefault({});

/** Settings that exclude each other, by the one that is to be changed. */
function contradictions(given: z.infer<typeof SECTION>): readonly [name: string, message: string][] {
  const { passthrough, resource, jwt } = given;
  const found: [string, string][] = [];
  if (passthrough && (jwt ?? given["service-accounts"] ?? given["api-keys"]) !== undefined)
    found.push([
      "passthrough",
      "leaves tokens to the upstream; take out jwt, service-accounts and api-keys, or this",
    ]);
  if (passthrough && resource !== undefined)
    found.push([
      "resource",
      "is for tokens that are checked here; with passthrough the upstream names itself",
    ]);
  if (jwt !== undefined && (jwt.audience ?? resource) === undefined)
    found.push(["jwt", "must have an audience, or identity.resource that stands for it"]);
  return found;
}

function identitySettings(section: z.infer<typeof SECTION>): IdentitySettings {
  const { resource, jwt, xfcc, header } = section;
  const [serviceAccounts, apiKeys] = [section["service-accounts"], section["api-keys"]];
  const upstreamHeader = section["upstream-header"];
  const clientAddress = section["client-address"];
  return {
    isRequired: section.required,
    isPassthrough: section.passthrough,
    forwardsToken: section["forward-token"],
    hasUserLabel: section["user-label"],
    ...(resource !== undefined && { resource }),
    ...(upstreamHeader !== undefined && { upstreamHeader }),
    ...(jwt && { jwt: { ...jwt, audience: jwt.audience ?? (resource === undefined ? [] : [resource]) } }),
    ...(serviceAccounts && { serviceAccounts }),
    ...(apiKeys && { apiKeys }),
    ...(xfcc && { xfcc }),
    ...(header && { header }),
    ...(clientAddress && { clientAddress }),
  };
}
