/** Settings of the admin listener: its address, its tokens, its certificate, and the pages that need no token. */

import * as z from "zod";
import { ADMIN_READ_TOKEN_VARIABLE, adminTokenSource, type AdminTokenSource } from "./admin-token.ts";
import { headerName, LIST_SHAPE, parsePortRange, type PortRange, trustedProxies } from "../address-shapes.ts";
import type { Environment } from "../child-environment.ts";
import type { TlsSettings } from "../tls-settings.ts";

export interface AdminSettings extends PortRange {
  /** The token that reading requires; the admin token reads as well. Absent: only the admin token, where one is set. */
  readonly readToken?: AdminTokenSource;
  /** How operators prove their names; absent: a name is what an operator gives as `by`. */
  readonly operators?: OperatorSettings;
  /** Absent: plain HTTP. With `clientCa`, every page but health and the open ones requires a certificate of it. */
  readonly tls?: TlsSettings;
  /** Pages that are read without token and certificate. */
  readonly open: ReadonlySet<AdminPage>;
}

/** Sources of an operator's proven name; at least one of the two. */
export interface OperatorSettings {
  /** A file of names and digests of tokens, in the form of a file of API keys. */
  readonly tokensFile?: string;
  /** A header, in lower case, by which a proxy at one of these addresses names the operator. */
  readonly header?: { readonly name: string; readonly from: readonly string[] };
}

/** Pages that may be open; pending approvals never are. */
export const ADMIN_PAGES = [
  "/metrics",
  "/policy",
  "/tools",
  "/activity",
  "/limits",
  "/decisions",
  "/freeze",
] as const;
export type AdminPage = (typeof ADMIN_PAGES)[number];

const path = z.string().min(1);

const openPages = LIST_SHAPE.pipe(
  z.array(z.enum(ADMIN_PAGES, { error: () => `must be pages of ${ADMIN_PAGES.join(", ")}` })),
);

/** `HOST:PORT` or `HOST:FIRST-LAST`; also as a URL, the form that the commands show and take. */
const listen = z.string().transform((text, context) => {
  const [, scheme, written = text] = /^(https?):\/\/(.*?)\/?$/.exec(text) ?? [];
  const address = parsePortRange(written);
  if (address !== undefined) return { scheme, address };
  context.addIssue({ code: "custom", message: `must be HOST:PORT, got "${text}"` });
  return z.NEVER;
});

const section = z
  .strictObject({
    listen: listen.prefault("127.0.0.1:9464"),
    "token-file": path.optional(),
    "read-token-file": path.optional(),
    "tokens-file": path.optional(),
    "operator-header": z.strictObject({ name: headerName, from: trustedProxies }).optional(),
    tls: z.strictObject({ cert: path, key: path }).optional(),
    "client-ca": path.optional(),
    open: openPages.prefault([]),
  })
  .superRefine(({ listen: { scheme }, tls, "client-ca": clientCa }, context) => {
    const refuse = (at: string, message: string): void =>
      context.addIssue({ code: "custom", path: [at], message });
    if (clientCa !== undefined && tls === undefined)
      refuse("client-ca", "needs tls beside it: without a certificate of its own the listener asks for none");
    if (scheme === "https" && tls === undefined) refuse("listen", "is https, which needs admin.tls");
    if (scheme === "http" && tls !== undefined) refuse("listen", "is http, and admin.tls is set");
  });

/** `admin: HOST:PORT` is short for `admin: { listen: HOST:PORT }`. */
export const ADMIN_SHAPE = z
  .preprocess((admin) => (typeof admin === "string" ? { listen: admin } : admin), section)
  .prefault({});

type CheckedAdmin = z.infer<typeof ADMIN_SHAPE>;

export function adminSettings(checked: CheckedAdmin, environment: Environment): AdminSettings {
  const { listen: at, tls, "client-ca": clientCa, open } = checked;
  const readToken = adminTokenSource(checked["read-token-file"], environment, ADMIN_READ_TOKEN_VARIABLE);
  return {
    ...at.address,
    open: new Set(open),
    ...(readToken && { readToken }),
    ...operatorSettings(checked),
    ...(tls && { tls: { ...tls, ...(clientCa !== undefined && { clientCa }) } }),
  };
}

function operatorSettings({
  "tokens-file": tokensFile,
  "operator-header": header,
}: CheckedAdmin): Pick<AdminSettings, "operators"> {
  if (tokensFile === undefined && header === undefined) return {};
  return { operators: { ...(tokensFile !== undefined && { tokensFile }), ...(header && { header }) } };
}
