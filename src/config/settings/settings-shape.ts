/** The shape of settings as an operator writes them: names, forms and defaults. */

import * as z from "zod";
import { AUDIT_SHAPE } from "./audit-settings.ts";
import { ADDRESS_SHAPE, LIST_SHAPE, REPLICA_ADDRESS_SHAPE } from "./address-shapes.ts";
import { ADMIN_SHAPE } from "./admin/admin-settings.ts";
import { APPROVALS_SHAPE } from "./approval-settings.ts";
import { BINDINGS_SHAPE } from "./binding-settings.ts";
import { BOUNDS_SHAPE } from "./bounds-settings.ts";
import { FREEZE_SHAPE } from "./freeze-settings.ts";
import { HEALTH_PATH_SHAPE } from "./admin/health-settings.ts";
import { IDENTITY_SHAPE } from "./identity/identity-settings.ts";
import { WORKERS_SHAPE } from "./workers-settings.ts";
import { UPSTREAM_TLS_SHAPE } from "./tls-settings.ts";
import { METRICS_SHAPE } from "./metrics-settings.ts";
import { LABELS_SHAPE } from "./labels-settings.ts";
import { TLS_SHAPE } from "./tls-settings.ts";
import { LIMITS_SHAPE } from "./limits/limits-settings.ts";
import { nameFault } from "../../policy/agent-name.ts";
import { ENV_ENTRY } from "./child-environment.ts";

export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "silent"] as const;

const endpoint = z.string().transform((text, context): URL => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.username === "" && url.hash === "")
    return url;
  context.addIssue({
    code: "custom",
    message: `must be an http or https URL without user or fragment, got "${withoutUrlSecrets(text)}"`,
  });
  return z.NEVER;
});

// Security: a URL that is refused may hold a key all the same.
function withoutUrlSecrets(text: string): string {
  return text.replace(/\/\/.*@/s, "//[redacted]@").replace(/([?#]).*$/s, "$1[redacted]");
}

/** As browsers write it: in lower case, without a path; a port only when it is not the scheme's own. */
const ORIGIN = /^(?:null|[a-z][a-z0-9+.-]*:\/\/[^/?#@\sA-Z]*)?$/;

const origins = LIST_SHAPE.refine((entries) => entries.every((entry) => ORIGIN.test(entry)), {
  error:
    "must be origins as browsers send them, such as https://app.example.com, vscode-file://vscode-app or null: in lower case, without a path",
});
const label = z.string().regex(/^[\p{L}\p{N} ._/@-]{1,100}$/u, {
  error: ({ input }) => `must be 1 to 100 letters, digits, spaces or ._/@-, got ${JSON.stringify(input)}`,
});

/** `local` is the name that a caller over stdio has in any case. */
const agentName = label.refine((name) => name === "local" || nameFault(name) === undefined, {
  error: ({ input }) => `${nameFault(String(input)) ?? ""}; choose another name`,
});

const environment = LIST_SHAPE.refine((entries) => entries.every((entry) => ENV_ENTRY.test(entry)), {
  // Security: the given text is not repeated, since it may be a secret.
  error: "must be NAME or NAME=VALUE, with a name of letters, digits and _",
});

const STDIO_SHAPE = z
  .strictObject({
    "max-children": z.number().int().min(1).max(10_000).default(50),
    "idle-ms": z.number().int().min(1_000).max(86_400_000).default(900_000),
  })
  .transform((raw) => ({ maxChildren: raw["max-children"], idleMs: raw["idle-ms"] }))
  .prefault({});

const SWITCH = z.union([z.boolean(), z.enum(["true", "false"])], "must be true or false").default(false);

/** `sse` is HTTP+SSE, the transport of revision 2024-11-05. */
export const UPSTREAM_TRANSPORTS = ["auto", "streamable-http", "sse"] as const;

export const SETTINGS_SHAPE = z.strictObject({
  /** Absent when a server is wrapped. */
  upstream: endpoint.optional(),
  "upstream-ca": z.string().min(1).optional(),
  "upstream-tls": UPSTREAM_TLS_SHAPE,
  "upstream-transport": z.enum(UPSTREAM_TRANSPORTS).optional(),
  env: environment.optional(),
  listen: ADDRESS_SHAPE.optional(),
  path: z
    .string()
    .regex(/^\/[^\s?#%]*$/, {
      error: ({ input }) => `must start with / and have no query, escape or fragment, got "${String(input)}"`,
    })
    .default("/mcp"),
  "serve-sse": SWITCH,
  "health-path": HEALTH_PATH_SHAPE,
  admin: ADMIN_SHAPE,
  policy: z.string().optional(),
  "allow-all": SWITCH,
  mode: z.enum(["enforce", "shadow"]).default("enforce"),
  server: label.optional(),
  agent: agentName.optional(),
  limits: LIMITS_SHAPE.prefault("memory"),
  "replica-address": REPLICA_ADDRESS_SHAPE.optional(),
  audit: AUDIT_SHAPE,
  "allowed-host": LIST_SHAPE.default([]),
  "allowed-origin": origins.default([]),
  "require-isolation": SWITCH,
  "log-level": z.enum(LOG_LEVELS).default("info"),
  "log-format": z.enum(["json", "pretty"]).optional(),
  workers: WORKERS_SHAPE,
  "server-requests": z.record(z.string().min(1), z.enum(["allow", "deny"])).default({}),
  agents: BINDINGS_SHAPE,
  identity: IDENTITY_SHAPE,
  tls: TLS_SHAPE,
  "admin-token-file": z.string().min(1).optional(),
  approvals: APPROVALS_SHAPE,
  freeze: FREEZE_SHAPE,
  labels: LABELS_SHAPE,
  stdio: STDIO_SHAPE,
  bounds: BOUNDS_SHAPE,
  metrics: METRICS_SHAPE,
});
