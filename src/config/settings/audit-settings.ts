/** The `audit:` section of the settings: where records go, and which argument values they hold. */

import * as z from "zod";
import { parseArgumentPath } from "../../json/path.ts";

/** A receiver on the network; absent settings mean a file or a descriptor. */
export type AuditReceiver = { readonly kind: "otlp" } | SyslogReceiver;

type SyslogReceiver = { readonly kind: "syslog" } & (
  | { readonly transport: "unix"; readonly path: string }
  | { readonly transport: "udp" | "tcp"; readonly host: string; readonly port: number }
  | { readonly transport: "tls"; readonly host: string; readonly port: number; readonly tls: AuditTls }
);

interface AuditTls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** Ports of RFC 5426, RFC 6587 and RFC 5425. */
const PORTS = { udp: 514, tcp: 601, tls: 6514 } as const;
const FORM =
  "must be a file, -, otlp, syslog+udp://HOST, syslog+tcp://HOST, syslog+tls://HOST or syslog+unix:///PATH";

const path = z.string().min(1);

const argumentPath = z.string().refine((text) => parseArgumentPath(text) !== undefined, {
  error: ({ input }) => `must be a path such as args.name or args["a.b"], got "${String(input)}"`,
});

const AUDIT_MAPPING = z
  .strictObject({
    file: z
      .string()
      .refine((text) => !isAddress(text) || readReceiver(text, {}) !== undefined, {
        error: ({ input }) => `${FORM}, got "${String(input)}"`,
      })
      .optional(),
    tls: z
      .strictObject({ ca: path.exactOptional(), cert: path.exactOptional(), key: path.exactOptional() })
      .refine(({ cert, key }) => (cert === undefined) === (key === undefined), {
        error: "needs cert and key together: the certificate that Tollgate shows, and its key",
      })
      .exactOptional(),
    chain: z.boolean().default(false),
    capture: z
      .array(z.strictObject({ tool: z.string().min(1), paths: z.array(argumentPath).min(1).max(32) }))
      .default([]),
  })
  .refine(({ file = "", tls }) => tls === undefined || file.startsWith("syslog+tls:"), {
    path: ["tls"],
    error: "is for syslog+tls://HOST",
  });

/** `audit: FILE` is short for `audit: { file: FILE }`. */
export const AUDIT_SHAPE = z
  .preprocess((audit) => (typeof audit === "string" ? { file: audit } : audit), AUDIT_MAPPING)
  .prefault({});

/** The receiver that `file` names; undefined for a file and for `-`. */
export function auditReceiver({
  file = "",
  tls = {},
}: {
  readonly file?: string | undefined;
  readonly tls?: AuditTls | undefined;
}): AuditReceiver | undefined {
  return isAddress(file) ? readReceiver(file, tls) : undefined;
}

function isAddress(text: string): boolean {
  return text === "otlp" || /^syslog\b[^/]*:/.test(text);
}

function readReceiver(text: string, tls: AuditTls): AuditReceiver | undefined {
  if (text === "otlp") return { kind: "otlp" };
  const [, transport, rest = ""] = /^syslog\+(udp|tcp|tls|unix):\/\/(.+)$/.exec(text) ?? [];
  if (transport === "unix")
    return rest.startsWith("/") ? { kind: "syslog", transport, path: rest } : undefined;
  if (transport !== "udp" && transport !== "tcp" && transport !== "tls") return undefined;
  const address = URL.parse(`tcp://${rest}`);
  if (address === null || address.hostname === "" || rest.includes("@") || /^\/.|[?#]/.test(pathOf(rest)))
    return undefined;
  const host = address.hostname.replace(/^\[(.*)\]$/, "$1");
  const port = address.port === "" ? PORTS[transport] : Number(address.port);
  return transport === "tls"
    ? { kind: "syslog", transport, host, port, tls }
    : { kind: "syslog", transport, host, port };
}

function pathOf(rest: string): string {
  return rest.replace(/^[^/?#]*/, "");
}
