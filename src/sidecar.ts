/** The composition root: builds every part of one sidecar, starts it, drains it, stops it. */

import type { Server } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { type AdminSources, createAdmin } from "./admin.ts";
import { loadPolicies, type PolicySet } from "./config/policy-set.ts";
import type { Address, Settings } from "./config/settings.ts";
import { VERSION } from "./config/version.ts";
import { type Clock, SYSTEM_CLOCK } from "./enforcement/clock.ts";
import { Counters } from "./enforcement/counters.ts";
import { createEnforcer } from "./enforcement/enforce.ts";
import { type LimitReadings, readLimits } from "./enforcement/limit-readings.ts";
import { type Agent, principalOf } from "./enforcement/request.ts";
import { ALLOW_ALL, type Policy } from "./policy/compile.ts";
import { comparePolicyWithTools } from "./policy/coverage.ts";
import type { Log } from "./telemetry/log.ts";
import { startTelemetry, type Telemetry } from "./telemetry/telemetry.ts";
import { createDownstream } from "./transport/downstream-http.ts";
import type { OpenStreams } from "./transport/answer-http.ts";
import { HttpRelay } from "./transport/exchange-http.ts";
import { type Edge, servedHosts, servesHost } from "./transport/http-edge.ts";
import { createIdentify } from "./transport/identity.ts";
import { closeListener, listen, ListenError } from "./transport/listener.ts";
import { createRequestIds } from "./transport/request-ids.ts";
import { Sessions } from "./transport/session.ts";
import { ToolList } from "./transport/tool-list.ts";
import { type UpstreamHealth, watchUpstream } from "./transport/upstream-health.ts";
import { UpstreamHttp } from "./transport/upstream-http.ts";

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
const UNAVAILABLE = 69;
const STDOUT = 1;

/** Starts both listeners; `clock` is the one that limits and records go by. @throws StartError when the policy is bad, or an address or file cannot be had. */
export async function startSidecar(settings: Settings, clock: Clock = SYSTEM_CLOCK): Promise<Sidecar> {
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

/** The address as a URL without a path. */
async function bind(server: Server, { host, port }: Address, flag: string): Promise<string> {
  try {
    const bound = await listen(server, host, port);
    return `http://${host.includes(":") ? `[${host}]` : host}:${bound}`;
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

function policiesOf(settings: Settings): PolicySet {
  const loaded = loadPolicies(settings, ALLOW_ALL);
  if (!loaded.ok) throw new StartError(loaded.problems, BAD_POLICY);
  return loaded.policies;
}

async function openTelemetry(settings: Settings, readLimits: () => LimitReadings): Promise<Telemetry> {
  const { server, agent, audit, logLevel: level, logFormat: format } = settings;
  try {
    return await startTelemetry({
      server,
      version: VERSION,
      agents: agent === undefined ? [] : [agent],
      log: { level, format },
      ...(audit !== undefined && { audit: audit === "-" ? STDOUT : audit }),
      upstreamTransport: "http",
      readLimits,
      environment: process.env,
    });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new StartError([`--audit: cannot be written: ${why}`], UNAVAILABLE);
  }
}

/** What stands between the listeners and the upstream. */
interface Guard {
  readonly relay: HttpRelay;
  readonly sessions: Sessions;
  readonly streams: OpenStreams;
  readonly tools: ToolList;
  readonly health: UpstreamHealth;
  readonly close: () => void;
}

interface Measured {
  readonly counters: Counters;
  readonly clock: Clock;
}

function buildGuard(
  settings: Settings,
  { all, forAgent }: PolicySet,
  { log, metrics, observer, propagate, counters, clock }: Telemetry & Measured,
): Guard {
  const { upstream: url, bounds, identity } = settings;
  metrics.policiesLoaded(all, clock.wallMs());
  metrics.rulesKnown(all.flatMap((policy) => policy.rules));
  const sessions = new Sessions(clock.wallMs);
  const streams = { open: 0 };
  const tools = new ToolList({
    policies: all,
    onListed: (listed) => {
      observer.toolsListed(listed);
      if (listed.isNew) reportTools(tools, all, { log, metrics });
      for (const { tool, grade } of listed.changes) {
        metrics.toolChanged(tool, grade);
        log.warn({ tool, grade }, "the server has changed a tool");
      }
    },
  });
  metrics.toolsKnown(tools.known(all));
  const upstream = new UpstreamHttp({
    url,
    connectMs: bounds.upstreamConnectMs,
    idleMs: bounds.upstreamIdleMs,
  });
  const health = watchUpstream({
    url,
    onChange: (isUp) => {
      metrics.upstreamUp(isUp);
      log.info({ upstream: url.href, up: isUp }, "upstream changed");
    },
  });
  const onFailure = (error: unknown): void => log.error({ err: error }, "a call could not be judged");
  const policyFor = (agent: Agent): Policy | undefined => forAgent(principalOf(agent));
  const relay = new HttpRelay({
    upstream,
    sessions,
    streams,
    tools,
    policyFor,
    enforcer: createEnforcer({ policyFor, counters, clock, onFailure }),
    observer,
    propagate,
    identify: createIdentify({ ...settings, ...identity }),
    clock,
    nextId: createRequestIds(),
    filterList: (agent, text, isFirstPage) => tools.filter(text, policyFor(agent), isFirstPage),
    listBytes: bounds.listBytes,
    withheldHeaders: withheldHeaders(identity.header?.name),
  });
  const close = (): void => {
    health.stop();
    sessions.closeAll();
    upstream.close();
  };
  return { relay, sessions, streams, tools, health, close };
}

const MOST_FINDINGS_LOGGED = 20;

/** What the server's tools change: their names and categories, and how far the policies fit them. */
function reportTools(
  tools: ToolList,
  policies: readonly Policy[],
  { log, metrics }: Pick<Telemetry, "log" | "metrics">,
): void {
  metrics.toolsKnown(tools.known(policies));
  const compared = policies
    .filter(({ digest }) => digest !== "")
    .map((policy) => {
      const coverage = comparePolicyWithTools(policy, tools.definitions());
      const findings = coverage.findings.map(({ path, message }) => `${path}: ${message}`);
      const some = {
        policy: policy.digest,
        findings: findings.slice(0, MOST_FINDINGS_LOGGED),
        count: findings.length,
      };
      if (findings.length > 0) log.warn(some, "the policy does not fit the server's tools");
      return coverage;
    });
  metrics.policyCoverage({
    unknown: compared.reduce((sum, { unknown }) => sum + unknown.length, 0),
    uncovered: compared.reduce((sum, { uncovered }) => sum + uncovered.length, 0),
  });
}

/** Baggage is the agent's own and may hold anything; the header that names the agent is for us alone. */
function withheldHeaders(identityHeader: string | undefined): ReadonlySet<string> {
  return new Set(["baggage", ...(identityHeader === undefined ? [] : [identityHeader.toLowerCase()])]);
}

interface Shown extends Omit<Telemetry, "close">, Omit<Guard, "close"> {
  readonly state: { readonly isDraining: boolean };
}

function adminSources(settings: Settings, { everyone, all }: PolicySet, shown: Shown): AdminSources {
  const { metrics, sessions, streams, tools, health, decisions, state } = shown;
  const loadedAtMs = SYSTEM_CLOCK.wallMs();
  const hosts = servedHosts(settings.admin.host, settings.allowedHosts);
  return {
    renderMetrics: (accept) => {
      metrics.sessions("http", sessions.size);
      metrics.streams("http", streams.open);
      return metrics.render(accept);
    },
    notReadyBecause: () => [
      ...(state.isDraining ? ["the sidecar is draining"] : []),
      ...(health.isUp() ? [] : [`the upstream at ${settings.upstream.host} does not accept connections`]),
    ],
    policies: () => ({
      everyone,
      all,
      file: settings.policy,
      bindings: settings.agents,
      loadedAtMs,
      lastError: undefined,
    }),
    tools: () => tools.list(everyone),
    coverage: () =>
      everyone === undefined || everyone === ALLOW_ALL
        ? undefined
        : comparePolicyWithTools(everyone, tools.definitions()),
    listDecisions: decisions.list,
    findDecision: decisions.get,
    servesHost: (host, localAddress) => servesHost(hosts, host, localAddress),
  };
}

function edgeOf({ path, listen, allowedHosts, allowedOrigins, bounds, identity }: Settings): Edge {
  return {
    path,
    hosts: servedHosts(listen.host, allowedHosts),
    origins: new Set(allowedOrigins),
    messageBytes: bounds.messageBytes,
    ...(identity.header === undefined ? {} : { identityHeader: identity.header.name.toLowerCase() }),
  };
}
