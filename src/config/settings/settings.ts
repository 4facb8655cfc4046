/** The settings of one sidecar, checked and typed. */

import type { AuditReceiver } from "./audit-settings.ts";
import type { Mode } from "../../policy/mode.ts";
import type { AdminSettings } from "./admin/admin-settings.ts";
import type { AdminTokenSource } from "./admin/admin-token.ts";
import type { ApprovalSettings } from "./approval-settings.ts";
import type { PolicyBinding } from "./binding-settings.ts";
import type { Bounds } from "./bounds-settings.ts";
import type { HealthPaths } from "./admin/health-settings.ts";
import type { FreezeSettings } from "./freeze-settings.ts";
import type { IdentitySettings } from "./identity/identity-settings.ts";
import type { UpstreamTlsSettings } from "./tls-settings.ts";
import type { MetricsSettings } from "./metrics-settings.ts";
import type { TlsSettings } from "./tls-settings.ts";
import type { LabelSettings } from "./labels-settings.ts";
import type { LimitsSettings } from "./limits/limits-settings.ts";
import type { LOG_LEVELS, UPSTREAM_TRANSPORTS } from "./settings-shape.ts";
import type { Address } from "./address-shapes.ts";

export interface Settings {
  readonly upstream: UpstreamSettings;
  /** Absent: a wrapped server without --listen; downstream is then the sidecar's own stdin and stdout. */
  readonly listen?: Address;
  readonly path: string;
  /** Whether clients of HTTP+SSE are served, too. */
  readonly servesSse: boolean;
  readonly health: HealthPaths;
  readonly admin: AdminSettings;
  /** Absent: every call is allowed and observed. */
  readonly policy?: string;
  /** Whether requests of the server to agents pass, by method; `*` is every other method, and without it they pass. */
  readonly serverRequests: Readonly<Record<string, "allow" | "deny">>;
  /** Policies for some agents; the first binding that matches applies. */
  readonly agents: readonly PolicyBinding[];
  readonly mode: Mode;
  readonly server: string;
  readonly agent?: string;
  /** A path, `-` for stdout, which is stderr where stdout carries MCP, or a receiver on the network; absent when off. */
  readonly audit?: string | AuditReceiver;
  /** Whether each audit record is linked to the one before it. */
  readonly isAuditChained: boolean;
  /** The argument values that audit log and decisions record: of these tools, at these paths. */
  readonly auditCapture: readonly { readonly tool: string; readonly paths: readonly string[] }[];
  readonly allowedHosts: readonly string[];
  readonly allowedOrigins: readonly string[];
  /** Whether to refuse to serve an upstream that clients can reach without the sidecar. */
  readonly requireIsolation: boolean;
  readonly logLevel: (typeof LOG_LEVELS)[number];
  readonly logFormat: "json" | "pretty";
  readonly identity: IdentitySettings;
  /** Absent: the downstream listener speaks plain HTTP. */
  readonly tls?: TlsSettings;
  /** The token that control requires on the admin listener, and reading as well; absent: neither does. */
  readonly adminToken?: AdminTokenSource;
  readonly approvals: ApprovalSettings;
  readonly freeze: FreezeSettings;
  readonly limits: LimitsSettings;
  /** Where the other replicas of the server reach this one, to carry the requests of its sessions to it; absent: they do not. */
  readonly replicaAddress?: Address;
  readonly bounds: Bounds;
  readonly metrics: MetricsSettings;
  /** Categories of tools: when a guess counts, and how tools become known. */
  readonly labels: LabelSettings;
  readonly stdio: StdioSettings;
  /** Processes that serve; 1: this one alone. */
  readonly workers: number;
}

/** How a stdio server is served over HTTP. */
export interface StdioSettings {
  /** Child processes at once: one for each legacy session, one for all clients of the modern era. */
  readonly maxChildren: number;
  /** How long a session may be idle before it and its child end. */
  readonly idleMs: number;
}

export type UpstreamSettings =
  | {
      readonly kind: "http";
      readonly url: URL;
      /** `auto`: Streamable HTTP, or HTTP+SSE when the server refuses `initialize` by POST. */
      readonly transport: (typeof UPSTREAM_TRANSPORTS)[number];
      readonly tls: UpstreamTlsSettings;
    }
  | {
      readonly kind: "stdio";
      readonly command: string;
      readonly args: readonly string[];
      /** The whole environment of the server. */
      readonly environment: Readonly<Record<string, string>>;
    };

/** Settings of a sidecar whose downstream is HTTP. */
export interface HttpSettings extends Settings {
  readonly listen: Address;
}

export function hasHttpListener(settings: Settings): settings is HttpSettings {
  return settings.listen !== undefined;
}
