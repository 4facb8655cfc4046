/** The composition root: builds every part of one sidecar, starts it, drains it, stops it. */

import type { Server } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { createAdmin } from "./admin.ts";
import { loadPolicies, type PolicySet } from "./config/policy-set.ts";
import type { Address } from "./config/settings-shape.ts";
import { type HttpSettings, isHttp, type Settings } from "./config/settings.ts";
import { VERSION } from "./config/version.ts";
import { type Clock, SYSTEM_CLOCK } from "./enforcement/clock.ts";
import { Counters } from "./enforcement/counters.ts";
import { type LimitReadings, readLimits } from "./enforcement/limit-readings.ts";
import { ALLOW_ALL, type Policy } from "./policy/compile.ts";
import { adminSources } from "./sidecar/admin-sources.ts";
import { buildGuard } from "./sidecar/guard.ts";
import type { LineSink } from "./telemetry/bounded-stderr.ts";
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

const BAD_POLICY = 78;
export const UNAVAILABLE = 69;
const BAD_USAGE = 64;
const STDOUT = 1;
const STDERR = 2;

/** Starts both listeners; `clock` is the one that limits and records go by. @throws StartError when the policy is bad, or an address or file cannot be had. */
export async function startSidecar(settings: Settings, clock: Clock = SYSTEM_CLOCK): Promise<Sidecar> {
  if (!isHttp(settings)) throw new StartError([NO_BRIDGE], BAD_USAGE);
  const policies = policiesOf(settings);
  const counters = new Counters();
  const limits = policies.all.flatMap((policy) => policy.limits);
  const telemetry = await openTelemetry(settings, () => readLimits(counters, limits, clock.wallMs()));
  const guard = buildGuard(settings, policies, { ...telemetry, counters, clock });
  const state = { isDraining: false };
  const downstream = createDownstream(guard.relay, {
    edge: edgeOf(settings),
    requestMs: settings.bounds.requestMs,
    onFault: (error) => telemetry.log.error({ err: error }, "a message could not be relayed"),
  });
  const admin = createAdmin(adminSources(settings, policies, { ...telemetry, ...guard, state }));
  const stop = async (deadlineMs = 0): Promise<void> => {
    state.isDraining = true;
    await closeListener(downstream, deadlineMs);
    guard.close();
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
    const url = `${await bind(downstream, settings.listen, "--listen")}${settings.path}`;
    const adminUrl = await bind(admin, settings.admin, "--admin");
    announce(telemetry.log, settings, policies, { url, adminUrl });
    return { url, adminUrl, stop, drain };
  } catch (error) {
    await stop();
    throw error;
  }
}

const NO_BRIDGE =
  "--listen: serving -- COMMAND over HTTP is not there yet; leave --listen out to wrap it over stdio";

/** The address as a URL without a path. */
export async function bind(server: Server, { host, port }: Address, flag: string): Promise<string> {
  try {
    const bound = await listen(server, host, port);
    return `http://${host.includes(":") ? `[${host}]` : host}:${bound}`;
  } catch (error) {
    throw error instanceof ListenError ? new StartError([`${flag}: ${error.message}`], UNAVAILABLE) : error;
  }
}

function announce(
  log: Log,
  settings: HttpSettings,
  { all }: PolicySet,
  urls: { url: string; adminUrl: string },
): void {
  const { upstream, server } = settings;
  log.info({ ...urls, upstream: upstream.url.href, server, policies: digestsOf(all) }, "tollgate is up");
  warnOfPolicies(log, all);
}

export function digestsOf(all: readonly Policy[]): string[] {
  return all.map((policy) => policy.digest).filter(Boolean);
}

export function warnOfPolicies(log: Log, all: readonly Policy[]): void {
  if (digestsOf(all).length === 0)
    log.warn("no policy: every call is allowed and observed; give one with --policy");
  if (all.some((policy) => policy.mode === "shadow"))
    log.warn("shadow mode: what the policy denies is counted, and passes");
}

export function policiesOf(settings: Settings): PolicySet {
  const loaded = loadPolicies(settings, ALLOW_ALL);
  if (!loaded.ok) throw new StartError(loaded.problems, BAD_POLICY);
  return loaded.policies;
}

/** `stderr` is where the log goes when it must not wait for a reader. */
export async function openTelemetry(
  settings: Settings,
  readLimits: () => LimitReadings,
  stderr?: LineSink,
): Promise<Telemetry> {
  const { server, agent, audit, logLevel: level, logFormat: format } = settings;
  try {
    return await startTelemetry({
      server,
      version: VERSION,
      agents: agent === undefined ? [] : [agent],
      log: { level, format, ...(stderr && { destination: stderr }) },
      ...(audit !== undefined && { audit: audit === "-" ? standardOutput(settings) : audit }),
      upstreamTransport: settings.upstream.kind,
      readLimits,
      environment: process.env,
    });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new StartError([`--audit: cannot be written: ${why}`], UNAVAILABLE);
  }
}

/** Stderr where stdout carries MCP. */
function standardOutput({ listen }: Settings): number {
  return listen === undefined ? STDERR : STDOUT;
}

function edgeOf({ path, listen, allowedHosts, allowedOrigins, bounds, identity }: HttpSettings): Edge {
  return {
    path,
    hosts: servedHosts(listen.host, allowedHosts),
    origins: new Set(allowedOrigins),
    messageBytes: bounds.messageBytes,
    ...(identity.header === undefined ? {} : { identityHeader: identity.header.name.toLowerCase() }),
  };
}
