/** The composition root: builds every part of one sidecar, starts it, drains it, stops it. */

import type { Server } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { createAdmin } from "./admin.ts";
import { readAdminToken } from "./config/admin-token.ts";
import type { PolicySet } from "./config/policy-set.ts";
import type { Address } from "./config/settings-shape.ts";
import type { Settings } from "./config/settings.ts";
import { VERSION } from "./config/version.ts";
import type { WatchedFile } from "./config/watched-file.ts";
import { type Clock, SYSTEM_CLOCK } from "./enforcement/clock.ts";
import type { LimitReadings } from "./enforcement/limit-readings.ts";
import { adminSources } from "./sidecar/admin-sources.ts";
import { createControl } from "./sidecar/control.ts";
import { buildGuard } from "./sidecar/guard.ts";
import { type BuiltIdentity, buildIdentity } from "./sidecar/identity.ts";
import { type DownstreamTls, openTls } from "./sidecar/tls.ts";
import { createHangUp } from "./sidecar/hang-up.ts";
import { openCounting } from "./sidecar/limits.ts";
import { followPolicies, limitsOf, openPolicies } from "./sidecar/policies.ts";
import type { Log } from "./telemetry/log.ts";
import { startTelemetry, type Telemetry } from "./telemetry/telemetry.ts";
import { createDownstream } from "./transport/downstream-http.ts";
import { type Edge, servedHosts } from "./transport/http-edge.ts";
import { closeListener, listen, ListenError } from "./transport/listener.ts";

export interface Sidecar {
  /** The MCP endpoint, path included. */
  readonly url: string;
  /** The admin listener, without a slash at the end. */
  readonly adminUrl: string;
  /** What SIGHUP asks for: files are read at once, and the audit log is let go of and begun anew. */
  readonly hangUp: () => void;
  /** Not ready at once, then serves on for a while, then finishes what is under way, then stops. */
  readonly drain: () => Promise<void>;
  /** Stops now, whatever is under way. */
  readonly stop: () => Promise<void>;
}

/** The sidecar could not start; `problems` says why, each with what to do. */
export class StartError extends Error {
  override readonly name = "StartError";
  readonly problems: readonly string[];
  readonly exitCode: number;

  constructor(problems: readonly string[], exitCode: number) {
    super(problems.join("\n"));
    this.problems = problems;
    this.exitCode = exitCode;
  }
}

const BAD_SETTINGS = 64;
const BAD_POLICY = 78;
const UNAVAILABLE = 69;
const STDOUT = 1;

/** What observes; nothing that it does or leaves undone changes a decision. */
export type OpenTelemetry = (
  settings: Settings,
  /** Names that are labels always. */
  agents: readonly string[],
  readLimits: () => LimitReadings,
) => Promise<Telemetry>;

/** Starts both listeners; `clock` is the one that limits and records go by. @throws StartError when the policy is bad, or an address or file cannot be had. */
export async function startSidecar(
  settings: Settings,
  clock: Clock = SYSTEM_CLOCK,
  open: OpenTelemetry = openTelemetry,
): Promise<Sidecar> {
  const policies = policiesOf(settings);
  const { identity, tls, adminToken } = proofsOf(settings, clock);
  const counting = await openCounting(settings, clock, () => telemetry);
  const telemetry = await open(settings, identity.agents, () => counting.read(limitsOf(policies.current())));
  const control = createControl(settings, telemetry, clock);
  const guard = buildGuard(settings, policies.current, {
    ...counting,
    ...telemetry,
    control,
    clock,
    identity,
  });
  const watch = followPolicies(policies, {
    ...telemetry,
    ...guard,
    retain: counting.retain,
    nowMs: clock.wallMs,
  });
  await counting.start();
  const state = { isDraining: false };
  const downstream = createDownstream(guard.relay, {
    edge: edgeOf(settings, identity),
    ...(tls.options && { tls: tls.options }),
    ...(identity.metadata && { metadata: identity.metadata }),
    ...settings.bounds,
    onFault: (error) => telemetry.log.error({ err: error }, "a message could not be relayed"),
  });
  const admin = createAdmin(
    adminSources(settings, policies, { ...telemetry, ...guard, control, identity, adminToken, state, watch }),
  );
  const stopFollowing = [identity.start(telemetry.log), tls.start(downstream, telemetry.log), watch.stop];
  const stop = async (deadlineMs = 0): Promise<void> => {
    state.isDraining = true;
    await closeListener(downstream, deadlineMs);
    for (const stopOne of stopFollowing) stopOne();
    guard.close();
    counting.close();
    await closeListener(admin, 0);
    await telemetry.close();
  };
  const drain = async (): Promise<void> => {
    state.isDraining = true;
    telemetry.log.info("draining");
    await pause(settings.bounds.lameDuckMs);
    await stop(settings.bounds.drainMs);
  };
  try {
    await guard.isolation.check();
    const broken = guard.isolation.brokenBecause();
    if (broken !== undefined) throw new StartError([`--require-isolation: ${broken}`], UNAVAILABLE);
    const url = `${await bind(downstream, settings.listen, "--listen", tls.scheme)}${settings.path}`;
    const adminUrl = await bind(admin, settings.admin, "--admin", "http");
    announce(telemetry.log, settings, policies.current(), { url, adminUrl });
    return { url, adminUrl, hangUp: createHangUp(telemetry, watch.poll), stop, drain };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The address as a URL without a path. */
async function bind(server: Server, { host, port }: Address, flag: string, scheme: string): Promise<string> {
  try {
    const bound = await listen(server, host, port);
    return `${scheme}://${host.includes(":") ? `[${host}]` : host}:${bound}`;
  } catch (error) {
    throw error instanceof ListenError ? new StartError([`${flag}: ${error.message}`], UNAVAILABLE) : error;
  }
}

function announce(
  log: Log,
  settings: Settings,
  { all }: PolicySet,
  urls: { url: string; adminUrl: string },
): void {
  const { upstream, server } = settings;
  const digests = all.map((policy) => policy.digest).filter(Boolean);
  log.info({ ...urls, upstream: upstream.href, server, policies: digests }, "tollgate is up");
  if (digests.length === 0) log.warn("no policy: every call is allowed and observed; give one with --policy");
  if (all.some((policy) => policy.mode === "shadow"))
    log.warn("shadow mode: what the policy denies is counted, and passes");
}

interface Proofs {
  readonly identity: BuiltIdentity;
  readonly tls: DownstreamTls;
  readonly adminToken: string | undefined;
}

/** What tells callers and operators from others; every file of it is read, and all problems are said at once. */
function proofsOf(settings: Settings, clock: Clock): Proofs {
  const identity = buildIdentity(settings, clock);
  const tls = openTls(settings.tls);
  const token = settings.adminToken && readAdminToken(settings.adminToken);
  const adminProblems = token?.ok === false ? [token.problem] : [];
  const problems = [...identity.problems, ...tls.problems, ...adminProblems];
  if (problems.length > 0) throw new StartError(problems, BAD_SETTINGS);
  return { identity, tls, adminToken: token?.ok === true ? token.token : undefined };
}

function policiesOf(settings: Settings): WatchedFile<PolicySet> {
  const opened = openPolicies(settings);
  if (!opened.ok) throw new StartError(opened.problems, BAD_POLICY);
  return opened.file;
}

async function openTelemetry(
  settings: Settings,
  agents: readonly string[],
  readLimits: () => LimitReadings,
): Promise<Telemetry> {
  const { server, audit, auditCapture: capture, logLevel: level, logFormat: format } = settings;
  try {
    return await startTelemetry({
      server,
      version: VERSION,
      agents: [...new Set(agents)],
      log: { level, format },
      ...(audit !== undefined && { audit: audit === "-" ? STDOUT : audit }),
      capture,
      upstreamTransport: "http",
      readLimits,
      environment: process.env,
    });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new StartError([`--audit: cannot be written: ${why}`], UNAVAILABLE);
  }
}

function edgeOf(
  { path, listen, allowedHosts, allowedOrigins, bounds }: Settings,
  { proofHeaders, metadata }: BuiltIdentity,
): Edge {
  return {
    path,
    hosts: servedHosts(listen.host, allowedHosts),
    origins: new Set(allowedOrigins),
    messageBytes: bounds.messageBytes,
    identityHeaders: proofHeaders,
    ...(metadata && { documents: metadata.paths }),
  };
}
