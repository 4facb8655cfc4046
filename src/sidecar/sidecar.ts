/** The composition root: builds every part of one sidecar, starts it, drains it, stops it. */

import { setTimeout as pause } from "node:timers/promises";
import { createAdminListener } from "./admin-listener.ts";
import { type HttpSettings, isHttp, type Settings } from "../config/settings/settings.ts";
import { type Clock, SYSTEM_CLOCK } from "../enforcement/clock.ts";
import { adminSources } from "./admin-sources.ts";
import { logStart, buildRuntime } from "./runtime.ts";
import { buildHttpProxy, type HttpProxy } from "./http-proxy.ts";
import type { BuiltIdentity } from "./identity/identity.ts";
import { openTelemetry } from "./open-telemetry.ts";
import { watchLoop } from "./overload.ts";
import { upstreamName, upstreamDownReason } from "./open-upstream.ts";
import { loadCredentials } from "./identity/credentials.ts";
import { BAD_USAGE, bind, StartError, UNAVAILABLE } from "./start-error.ts";
import { ChildError } from "../proxy/upstream/child/child-error.ts";
import { createDownstream } from "../proxy/downstream/http-server.ts";
import { type Edge, servedHosts } from "../proxy/downstream/request-checks.ts";
import { closeListener } from "../proxy/http/listener.ts";

export interface Sidecar {
  /** The MCP endpoint, path included. */
  readonly url: string;
  /** The admin listener, without a slash at the end. */
  readonly adminUrl: string;
  /** What SIGHUP asks for: files are read at once, and the audit log is let go of and begun anew. */
  readonly reload: () => void;
  /** Not ready at once, then serves on for a while, then finishes what is under way, then stops. */
  readonly drain: () => Promise<void>;
  /** Stops now, whatever is under way. */
  readonly stop: () => Promise<void>;
}

/** Starts both listeners; `clock` is the one that limits and records go by. @throws StartError when the policy is bad, or an address, a file or the server cannot be had. */
export async function startSidecar(
  settings: Settings,
  clock: Clock = SYSTEM_CLOCK,
  open = openTelemetry,
): Promise<Sidecar> {
  if (!isHttp(settings)) throw new StartError([NO_LISTENER], BAD_USAGE);
  const { identity, tls, adminToken } = loadCredentials(settings, clock);
  const ground = await buildRuntime(settings, { clock, agents: identity.agents, open });
  const { log } = ground;
  const guard = buildHttpProxy(settings, ground, identity);
  const state = { isDraining: false };
  const loop = watchLoop({
    maxMs: settings.bounds.loopDelayMs,
    onChange: (isLate, delayMs) =>
      log.warn({ delayMs }, isLate ? "overload: new requests are refused" : "overload is over"),
  });
  const downstream = createDownstream(guard.relay, {
    edge: edgeOf(settings, identity),
    ...(tls.options && { tls: tls.options }),
    ...(identity.metadata && { metadata: identity.metadata }),
    ...settings.bounds,
    answers: guard.answers,
    isLate: loop.isLate,
    onFault: (error) => log.error({ err: error }, "a message could not be relayed"),
  });
  const notReadyBecause = (): string[] => [
    ...(state.isDraining ? ["the sidecar is draining"] : []),
    ...(guard.health.isUp() ? [] : [upstreamDownReason(settings.upstream)]),
    ...[guard.isolation.violation()].filter((because) => because !== undefined),
    ...identity.notReadyReasons(),
  ];
  const admin = createAdminListener(
    adminSources(settings, ground, { ...guard, adminToken, notReadyBecause }),
    log,
  );
  const stopFollowing = [identity.start(log), tls.start(downstream, log)];
  const stop = async (deadlineMs = 0): Promise<void> => {
    state.isDraining = true;
    await guard.answers.close(downstream, deadlineMs);
    for (const stopOne of [...stopFollowing, loop.stop]) stopOne();
    await guard.close();
    ground.stop();
    await closeListener(admin, 0);
    await ground.close();
  };
  const drain = async (): Promise<void> => {
    state.isDraining = true;
    log.info("draining");
    guard.answers.beginConnectionClose();
    await pause(settings.bounds.lameDuckMs);
    await stop(settings.bounds.drainMs);
  };
  try {
    await startUpstream(guard);
    const url = `${await bind(downstream, settings.listen, "--listen", tls.scheme)}${settings.path}`;
    const adminUrl = await bind(admin, settings.admin, "--admin");
    const { server, upstream } = settings;
    logStart(log, ground.policies.current(), { url, adminUrl, upstream: upstreamName(upstream), server });
    return { url, adminUrl, reload: ground.reload, stop, drain };
  } catch (error) {
    await stop();
    throw error;
  }
}

const NO_LISTENER = "--listen: is missing; say where to serve -- COMMAND over HTTP";

async function startUpstream({ start, isolation }: HttpProxy): Promise<void> {
  try {
    await start();
  } catch (error) {
    throw error instanceof ChildError ? new StartError([error.message], UNAVAILABLE) : error;
  }
  await isolation.check();
  const broken = isolation.violation();
  if (broken !== undefined) throw new StartError([`--require-isolation: ${broken}`], UNAVAILABLE);
}

function edgeOf(
  { path, listen, allowedHosts, allowedOrigins, bounds }: HttpSettings,
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
