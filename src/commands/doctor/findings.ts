/** Declares every finding of `tollgate doctor`: the area that was checked, how grave it is, and the cure. */

export type Level = "ok" | "warning" | "fault";

interface Kind {
  readonly area: string;
  readonly level: Level;
  /** Absent where nothing is to be done. */
  readonly fix?: string;
}

/** By id. Public: scripts read the ids from `--format json`. */
export const FINDINGS = {
  "settings-good": ok("settings"),
  "settings-bad": fault("settings", "correct this setting; docs/command-line.md lists all"),
  "policy-good": ok("policy"),
  "policy-missing": warning("policy", "write a policy with tollgate policy init, and name it with --policy"),
  "policy-bad": fault("policy", "correct the policy; tollgate policy check prints every problem"),
  "policy-shadow": warning(
    "policy",
    "leave --mode shadow out, and mode: shadow in the policy, once the denials are right",
  ),
  "policy-unmatched": warning(
    "policy",
    "correct the names, or remove the rules; tollgate policy check --upstream URL says more",
  ),
  "upstream-reachable": ok("upstream"),
  "upstream-unreachable": fault("upstream", "start the server, or correct --upstream"),
  "upstream-unencrypted": warning(
    "upstream",
    "use https, or let the server listen on 127.0.0.1 beside Tollgate",
  ),
  "upstream-tls-good": ok("upstream"),
  "upstream-tls-bad": fault(
    "upstream",
    "name the authority of the certificate with --upstream-ca, or let the server have a valid one",
  ),
  "upstream-tls-expires": warning("upstream", "renew the certificate of the server"),
  "upstream-not-mcp": fault(
    "upstream",
    "correct the path of --upstream; for a server of 2024-11-05 add --upstream-transport sse",
  ),
  "upstream-unasked": ok("upstream"),
  "upstream-era": ok("upstream"),
  "upstream-tools": ok("upstream"),
  "upstream-no-tools": warning("upstream", "check the server: a policy about tools has nothing to decide"),
  "upstream-command": fault(
    "upstream",
    "correct the command after --; its program must be on the PATH, and its secrets in the environment",
  ),
  "isolation-good": ok("isolation"),
  "isolation-exposed": warning(
    "isolation",
    "let the server listen on 127.0.0.1, or block its port for others",
  ),
  "port-free": ok("ports"),
  "port-own": ok("ports"),
  "port-taken": fault("ports", "end the program that has the port, or name another address"),
  "store-memory": ok("store"),
  "store-good": ok("store"),
  "store-down": fault(
    "store",
    "start the store, or correct --limits; until then calls with limits are judged by on_store_error",
  ),
  "clock-good": ok("clock"),
  "clock-unknown": ok("clock"),
  "clock-off": fault(
    "clock",
    "synchronize the clock of this machine, or of the server: tokens and windows of time depend on it",
  ),
  "files-good": ok("files"),
  "file-exposed": fault("files", "take the rights from others: chmod 600 FILE"),
  "file-open": warning("files", "let only its owner write it: chmod go-w FILE"),
  "file-unusable": fault("files", "create its folder, and give the user that runs Tollgate access to it"),
  "scrape-good": ok("scrape"),
  "scrape-none": ok("scrape"),
  "scrape-refused": warning(
    "scrape",
    "let Prometheus send the token, or open the page with --admin-open /metrics",
  ),
} as const satisfies Readonly<Record<string, Kind>>;

export type FindingId = keyof typeof FINDINGS;

export interface Finding {
  readonly id: FindingId;
  readonly area: string;
  readonly level: Level;
  readonly found: string;
  readonly fix: string | null;
}

/** A finding with the text of this case; `level` replaces the declared one. */
export function finding(id: FindingId, found: string, level?: Level): Finding {
  const kind: Kind = FINDINGS[id];
  return { id, area: kind.area, level: level ?? kind.level, found, fix: kind.fix ?? null };
}

function ok(area: string): Kind {
  return { area, level: "ok" };
}

function warning(area: string, fix: string): Kind {
  return { area, level: "warning", fix };
}

function fault(area: string, fix: string): Kind {
  return { area, level: "fault", fix };
}
