/** The upstream of a sidecar that listens on HTTP: a server that is there, or one that is started behind the bridge. */

import type { Settings, UpstreamSettings } from "../config/settings/settings.ts";
import { VERSION } from "../config/version.ts";
import type { Clock } from "../enforcement/clock.ts";
import { withoutCredentials } from "../telemetry/audit/redact.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import type { Sessions } from "../proxy/sessions/sessions.ts";
import type { ToolCatalog } from "../proxy/tools/tool-catalog.ts";
import type { Upstream } from "../proxy/upstream.ts";
import { watchUpstream } from "../proxy/upstream/health-check.ts";
import { UpstreamHttp } from "../proxy/upstream/http.ts";
import { type Isolation, ISOLATED, watchIsolation } from "./isolation.ts";
import { UpstreamStdio, type UpstreamStdioOptions } from "../proxy/upstream/stdio-bridge.ts";

export interface OpenUpstream {
  readonly isolation: Isolation;
  readonly upstream: Upstream;
  readonly health: { readonly isUp: () => boolean };
  /** Starts what has to be started. @throws ChildError when that cannot be */
  readonly start: () => Promise<void>;
  /** Ends it, and what was started; resolves when that is over. */
  readonly close: () => Promise<void>;
}

export interface UpstreamParts extends Pick<Telemetry, "log" | "metrics"> {
  readonly clock: Clock;
  readonly tools: ToolCatalog;
  readonly sessions: Sessions;
}

export function openUpstream(settings: Settings, parts: UpstreamParts): OpenUpstream {
  const { upstream, bounds, stdio } = settings;
  const { log, metrics } = parts;
  const onChange = (isUp: boolean): void => {
    metrics.upstreamUp(isUp);
    log.info({ upstream: upstreamName(upstream), up: isUp }, "upstream changed");
  };
  if (upstream.kind === "http") {
    const isolation = watchIsolation(upstream.url, settings.requireIsolation, parts);
    return openHttp({ url: upstream.url, bounds, isolation, onChange });
  }
  return openBridge({
    ...told(parts),
    ...stdio,
    command: { ...upstream, maxLineBytes: bounds.listBytes },
    answerMs: bounds.upstreamIdleMs,
    version: VERSION,
    random: Math.random,
    onChange,
  });
}

/** As the log and the answers of the admin listener call it. */
export function upstreamName(upstream: UpstreamSettings): string {
  return upstream.kind === "http" ? upstream.url.href : upstream.command;
}

export function upstreamDownReason(upstream: UpstreamSettings): string {
  if (upstream.kind === "stdio") return `the wrapped server \`${upstream.command}\` does not run`;
  return `the upstream at ${upstream.url.host} does not accept connections`;
}

interface HttpParts {
  readonly url: URL;
  readonly bounds: Settings["bounds"];
  readonly isolation: Isolation;
  readonly onChange: (isUp: boolean) => void;
}

function openHttp({ url, bounds, isolation, onChange }: HttpParts): OpenUpstream {
  const upstream = new UpstreamHttp({
    url,
    connectMs: bounds.upstreamConnectMs,
    idleMs: bounds.upstreamIdleMs,
  });
  const health = watchUpstream({
    url,
    onChange: (isUp) => {
      onChange(isUp);
      if (isUp) void isolation.check();
    },
  });
  const close = async (): Promise<void> => {
    health.stop();
    upstream.close();
  };
  return { upstream, health, isolation, start: async () => undefined, close };
}

function openBridge(options: UpstreamStdioOptions): OpenUpstream {
  const upstream = new UpstreamStdio(options);
  return {
    upstream,
    isolation: ISOLATED,
    health: { isUp: () => upstream.isUp },
    start: () => upstream.prepare(),
    close: () => upstream.close(),
  };
}

/** What the bridge tells of its children, and what it asks of the other parts. */
function told({ log, metrics, clock, tools, sessions }: UpstreamParts): BridgeHooks {
  return {
    nowMs: clock.steadyMs,
    inputSchemaOf: (tool) => tools.inputSchemaOf(tool),
    onRestart: metrics.upstreamRestarted,
    // Security: a server may say on stderr what it was given in secret.
    onStderr: (line, pid) =>
      log.info({ child: pid, line: withoutCredentials(line) }, "the server wrote to stderr"),
    onDropped: metrics.upstreamLineDropped,
    onSessionEnded: (id) => sessions.close(id),
  };
}

type BridgeHooks = Pick<
  UpstreamStdioOptions,
  "nowMs" | "inputSchemaOf" | "onRestart" | "onStderr" | "onDropped" | "onSessionEnded"
>;
