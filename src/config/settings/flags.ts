/** Declares the flags of `tollgate run`, for the parser, for --help and for the check of docs/command-line.md. */

export interface Flag {
  readonly name: string;
  /** The form of its value in the help text; empty for a switch. */
  readonly value: string;
  readonly environment: string;
  readonly fallback: string;
  readonly meaning: string;
}

export const FLAGS = [
  flag("upstream", "URL", "", "the MCP endpoint to guard"),
  flag(
    "upstream-transport",
    "auto|streamable-http|sse",
    "auto",
    "how the server speaks HTTP; sse is that of 2024-11-05",
  ),
  flag("upstream-ca", "FILE", "those that Node trusts", "authorities of the server's certificate, in PEM"),
  flag(
    "env",
    "NAME[=VALUE]",
    "all but ours",
    "what a wrapped server is given beside PATH, HOME and the like; repeat it",
  ),
  flag("listen", "HOST:PORT", "127.0.0.1:8080 with --upstream", "downstream listener"),
  flag("path", "PATH", "/mcp", "the one path served"),
  flag("serve-sse", "", "off", "serve clients of HTTP+SSE (2024-11-05) at /sse and /messages, too"),
  flag(
    "health-path",
    "PATH,...|off",
    "/healthz,/readyz",
    "liveness (*healthz, *livez) and readiness on the listener",
  ),
  flag("admin", "HOST:PORT", "127.0.0.1:9464", "metrics, health, control; of 9470-9479 the first free port"),
  flag("admin-open", "PAGE,...", "none", "pages that are read without the tokens, as /metrics"),
  flag(
    "policy",
    "FILE",
    "none",
    "JSON or YAML; without one everything is allowed and observed, with a warning",
  ),
  flag("allow-all", "", "off", "no policy is meant: every call is allowed, in mode enforce too"),
  flag("mode", "enforce|shadow", "enforce", "shadow decides and counts, and blocks nothing"),
  flag("server", "NAME", "the upstream's host or command", "the server label"),
  flag("agent", "NAME", "", "the verified agent of every caller"),
  flag("limits", "memory|redis://...", "memory", "where counters live; a store is shared by all replicas"),
  flag(
    "replica-address",
    "HOST:PORT",
    "none",
    "where other replicas reach this one, to carry its sessions to it",
  ),
  flag(
    "audit",
    "FILE|-",
    "off",
    "JSON lines of calls and refusals; - is stdout or stderr; or otlp, syslog+tls://HOST",
  ),
  flag(
    "allowed-host",
    "NAME,...",
    "loopback names and the listen address",
    "Host values that are served, else 403",
  ),
  flag("allowed-origin", "URL,...", "loopback origins", "Origin values that are served, else 403"),
  flag("require-isolation", "", "off", "refuse to serve an upstream that can be reached round the sidecar"),
  flag("workers", "N", "1", "processes that serve; limits, approvals, metrics and console stay one"),
  flag("log-level", "LEVEL", "info", "trace, debug, info, warn, error or silent"),
  flag("log-format", "json|pretty", "json unless a terminal", "how the log is written, on stderr"),
  flag("config", "FILE", "none", "YAML with all of the above, plus identity, agents' policies and bounds"),
] as const satisfies readonly Flag[];

export type FlagName = (typeof FLAGS)[number]["name"];

function flag<const Name extends string>(name: Name, value: string, fallback: string, meaning: string) {
  const environment = `TOLLGATE_${name.replaceAll("-", "_").toUpperCase()}`;
  return { name, value, environment, fallback, meaning };
}
