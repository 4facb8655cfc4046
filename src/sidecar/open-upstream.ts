/** The upstream of a sidecar that listens on HTTP: a running server, or a command that is started behind the bridge. */

import { randomUUID } from "node:crypto";
import type { Settings, UpstreamSettings } from "../config/settings/settings.ts";
import { VERSION } from "../config/version.ts";
import type { Clock } from "../enforcement/clock.ts";
import { withoutCredentials } from "../telemetry/audit/redact.ts";
import { createLogSampler } from "../telemetry/logging/log-sampling.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import type { Sessions } from "../proxy/sessions/sessions.ts";
import type { ToolCatalog } from "../proxy/tools/tool-catalog.ts";
import type { Upstream } from "../proxy/upstream.ts";
import { ChildError } from "../proxy/upstream/child/child-error.ts";
import { type UpstreamHealth, watchUpstream } from "../proxy/upstream/health-check.ts";
import { UpstreamHttp } from "../proxy/upstream/http.ts";
import type { OnFailure } from "../proxy/upstream/http1/exchange.ts";
import { DetectedUpstream } from "../proxy/upstream/sse/detect-transport.ts";
import { UpstreamSse } from "../proxy/upstream/sse/upstream-sse.ts";
import { UpstreamStdio } from "../proxy/upstream/stdio-bridge.ts";
import type { ClientTls } from "../proxy/upstream/http1/client-tls.ts";
import { openUpstreamTls } from "./upstream-tls.ts";
import { watchIsolation } from "./isolation.ts";
import { watchOwnList } from "./tools/own-list-watch.ts";
import type { WorkerParts } from "./runtime.ts";
import { StartError, UNAVAILABLE } from "./start-error.ts";

export interface OpenUpstream {
  readonly upstream: Upstream;
  /** Marks requests to the server; one that comes back with it has gone in a circle. */
  readonly loopToken: string;
  /** Why requests cannot be served; empty when the server is up, and isolated where that is required. */
  readonly notReadyReasons: () => readonly string[];
  /** Asks the server for its tools again; does nothing where Tollgate has no session of its own. */
  readonly refreshTools: () => void;
  /** Starts the command, or checks the isolation of a running server. @throws StartError when either fails. */
  readonly start: () => Promise<void>;
  /** Closes connections and ends the command; resolves when that is done. */
  readonly close: () => Promise<void>;
}

interface UpstreamParts {
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  readonly tools: ToolCatalog;
  readonly sessions: Sessions;
  /** Of a worker; absent in a sidecar of one process. */
  readonly worker?: WorkerParts | undefined;
}

export function openUpstream(settings: Settings, parts: UpstreamParts): OpenUpstream {
  const { upstream } = settings;
  return upstream.kind === "http"
    ? openHttp(settings, upstream, parts)
    : openBridge(settings, upstream, parts);
}

/** The upstream's name in the log: its address, or its command without arguments. */
export function upstreamName(upstream: UpstreamSettings): string {
  return upstream.kind === "http" ? addressOf(upstream.url) : upstream.command;
}

// Security: query and user information may hold a key.
function addressOf(url: URL): string {
  return url.origin + url.pathname;
}

/** Why the sidecar is not ready while the upstream is down; shown on /readyz. */
export function upstreamDownReason(upstream: UpstreamSettings): string {
  if (upstream.kind === "stdio") return `the wrapped server \`${upstream.command}\` does not run`;
  return `the upstream at ${upstream.url.host} does not accept connections`;
}

type HttpUpstream = Extract<UpstreamSettings, { kind: "http" }>;
type StdioUpstream = Extract<UpstreamSettings, { kind: "stdio" }>;

function openHttp(allSettings: Settings, settings: HttpUpstream, parts: UpstreamParts): OpenUpstream {
  const { url } = settings;
  const { telemetry } = parts;
  const loopToken = parts.worker?.loopToken ?? createLoopToken();
  const isolation = watchIsolation(url, allSettings.requireIsolation, telemetry);
  const { tls, stop } = openUpstreamTls(settings.tls, telemetry.log);
  const upstream = openTransport(settings, allSettings, parts, { tls, loopToken });
  const ownList = watchOwnList(allSettings, {
    upstream,
    tools: parts.tools,
    telemetry,
    onListed: (pages) => parts.worker?.notes.send({ kind: "own-list", pages }),
  });
  const health = watchUpstream({
    url,
    tls,
    onChange: (isUp) => {
      reportUpstream(telemetry, settings, isUp);
      if (!isUp) return;
      void isolation.check();
      ownList.refresh();
    },
  });
  return {
    upstream,
    loopToken,
    notReadyReasons: () => [
      ...(health.isUp() ? [] : [certificateReason(url, health) ?? upstreamDownReason(settings)]),
      ...isolation.violations(),
    ],
    refreshTools: ownList.refresh,
    start: async () => {
      await isolation.check();
      const violations = isolation.violations().map((violation) => `--require-isolation: ${violation}`);
      if (violations.length > 0) throw new StartError(violations, UNAVAILABLE);
    },
    close: async () => {
      stop();
      health.stop();
      ownList.stop();
      upstream.close();
    },
  };
}

function openTransport(
  { url, transport }: HttpUpstream,
  { bounds, stdio }: Settings,
  { telemetry, clock, sessions }: UpstreamParts,
  connection: { readonly tls: ClientTls; readonly loopToken: string },
): Upstream {
  const options = {
    url,
    ...connection,
    connectMs: bounds.upstreamConnectMs,
    idleMs: bounds.upstreamIdleMs,
    maxAgeMs: bounds.upstreamAgeMs,
    onFailure: logFailures(telemetry, url, clock),
  };
  const openSse = (): Upstream =>
    new UpstreamSse({
      ...options,
      maxEventBytes: bounds.listBytes,
      maxSessions: bounds.sessions,
      sessionIdleMs: stdio.idleMs,
      nowMs: clock.steadyMs,
      onDropped: telemetry.metrics.upstreamLineDropped,
      onSessionEnded: (id) => sessions.close(id),
    });
  if (transport === "sse") return openSse();
  if (transport === "streamable-http") return new UpstreamHttp(options);
  return new DetectedUpstream({
    streamableHttp: new UpstreamHttp(options),
    sse: openSse(),
    onFound: (found) =>
      telemetry.log.info(
        { upstream: addressOf(url), transport: found },
        "found the transport of the upstream",
      ),
  });
}

function certificateReason({ host }: URL, health: UpstreamHealth): string | undefined {
  const failure = health.certificateFailure();
  return failure === undefined ? undefined : `the upstream at ${host} cannot be used: ${failure}`;
}

/** Logs each kind of failure once a minute. */
function logFailures({ log }: Telemetry, url: URL, clock: Clock): OnFailure {
  const sampler = createLogSampler(1, clock.wallMs);
  return ({ reason, code }) => {
    // Invariant: the sampler keeps its kinds, so a kind holds nothing that the server chooses.
    const suppressed = sampler.admit(code ?? reason.replace(/ \d.*/, ""));
    if (suppressed === undefined) return;
    const fields = { upstream: addressOf(url), reason, code, ...(suppressed > 0 && { suppressed }) };
    log.warn(fields, "the upstream failed");
  };
}

function openBridge(
  { bounds, stdio }: Settings,
  settings: StdioUpstream,
  { telemetry, clock, tools, sessions }: UpstreamParts,
): OpenUpstream {
  const { log, metrics } = telemetry;
  const upstream = new UpstreamStdio({
    ...stdio,
    command: { ...settings, maxLineBytes: bounds.listBytes },
    responseMs: bounds.upstreamIdleMs,
    version: VERSION,
    random: Math.random,
    nowMs: clock.steadyMs,
    inputSchemaOf: (tool) => tools.inputSchemaOf(tool),
    onChange: (isUp) => reportUpstream(telemetry, settings, isUp),
    onRestart: metrics.upstreamRestarted,
    // Security: a server may write a credential that it was given to stderr.
    onStderr: (line, pid) =>
      log.info({ child: pid, line: withoutCredentials(line) }, "the server wrote to stderr"),
    onDropped: metrics.upstreamLineDropped,
    onSessionEnded: (id) => sessions.close(id),
    onGaveWay: (idleMs) => log.info({ idleMs }, "the longest idle session ended for a new one"),
  });
  return {
    upstream,
    loopToken: createLoopToken(),
    notReadyReasons: () => (upstream.isUp ? [] : [upstreamDownReason(settings)]),
    refreshTools: () => undefined,
    start: () => upstream.startSpare().catch(failStart),
    close: () => upstream.close(),
  };
}

/** A token of the header CDN-Loop (RFC 8586), one for each sidecar: several may stand in one path. */
export function createLoopToken(): string {
  return `tollgate; id=${randomUUID()}`;
}

function reportUpstream({ log, metrics }: Telemetry, upstream: UpstreamSettings, isUp: boolean): void {
  metrics.upstreamUp(isUp);
  log.info({ upstream: upstreamName(upstream), up: isUp }, "upstream went up or down");
}

/** Turns an error of the wrapped command into a StartError. */
export function failStart(error: unknown): never {
  throw error instanceof ChildError ? new StartError([error.message], UNAVAILABLE) : error;
}
