/** The composition root of a sidecar that listens on HTTP: builds its parts, starts them, drains them, stops them. */

import type { Server } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import type { AdminSources } from "../admin/server.ts";
import { createAdminListener } from "./admin-listener.ts";
import { type HttpSettings, hasHttpListener, type Settings } from "../config/settings/settings.ts";
import { type Clock, SYSTEM_CLOCK } from "../enforcement/clock.ts";
import { adminSources } from "./admin-sources.ts";
import { buildRuntime, logStart, reload, type Runtime } from "./runtime.ts";
import { buildHttpProxy, type HttpProxy } from "./http-proxy.ts";
import { openTelemetry } from "./open-telemetry.ts";
import { openDownstream } from "./downstream/open-downstream.ts";
import { upstreamName } from "./open-upstream.ts";
import { type Credentials, loadCredentials } from "./identity/credentials.ts";
import { refuseOwnListener } from "./own-listener.ts";
import { openReplicas, type Replicas } from "./replicas.ts";
import { BAD_USAGE, bind, StartError } from "./start-error.ts";
import { closeListener } from "../proxy/http/listener.ts";

export interface Sidecar {
  /** The MCP endpoint, path included. */
  readonly url: string;
  /** The admin listener, without a slash at the end. */
  readonly adminUrl: string;
  /** Where the admin listener reads from. */
  readonly sources: AdminSources;
  /** Handles SIGHUP: reads every file at once and reopens the audit log. */
  readonly reload: () => void;
  /** Reports not ready, goes on serving for the lame-duck time, finishes open requests, then stops. */
  readonly drain: () => Promise<void>;
  /** Stops at once; open requests are cancelled. */
  readonly stop: () => Promise<void>;
}

/** Starts both listeners. `clock` times limits and records. @throws StartError when a policy or file is invalid, an address is taken, or the server does not start. */
export async function startSidecar(
  settings: Settings,
  clock: Clock = SYSTEM_CLOCK,
  open = openTelemetry,
): Promise<Sidecar> {
  if (!hasHttpListener(settings)) throw new StartError([NO_LISTENER], BAD_USAGE);
  await refuseOwnListener(settings);
  const credentials = loadCredentials(settings, clock);
  const runtime = await buildRuntime(settings, { clock, agents: credentials.identity.agents, open });
  const sidecar = assemble(settings, runtime, credentials);
  try {
    await sidecar.proxy.upstream.start();
    const urls = await bindListeners(settings, sidecar, credentials);
    await sidecar.replicas?.directory.start();
    const { server, upstream } = settings;
    const fields = { ...urls, upstream: upstreamName(upstream), server };
    logStart(runtime.telemetry.log, runtime.policies.current(), fields);
    return {
      ...urls,
      sources: sidecar.sources,
      reload: () => reload(runtime),
      drain: () => drainSidecar(settings, sidecar),
      stop: () => stopSidecar(sidecar, 0),
    };
  } catch (error) {
    await stopSidecar(sidecar, 0);
    throw error;
  }
}

const NO_LISTENER = "--listen: is missing; say where to serve -- COMMAND over HTTP";

/** The parts of one sidecar, before and after its listeners are bound. */
interface Parts {
  readonly runtime: Runtime;
  readonly proxy: HttpProxy;
  readonly downstream: Server;
  readonly admin: Server;
  /** Absent: sessions are not carried. */
  readonly replicas: Replicas | undefined;
  readonly sources: AdminSources;
  readonly state: { isDraining: boolean };
  /** Each stops one watch: of identity, TLS files and the event loop. */
  readonly stopWatches: readonly (() => void)[];
}

function assemble(settings: HttpSettings, runtime: Runtime, credentials: Credentials): Parts {
  const { identity, tls } = credentials;
  const { log } = runtime.telemetry;
  const proxy = buildHttpProxy(settings, runtime, identity);
  const state = { isDraining: false };
  const notReadyReasons = (): string[] => [
    ...(state.isDraining ? ["the sidecar is draining"] : []),
    ...proxy.upstream.notReadyReasons(),
    ...identity.notReadyReasons(),
  ];
  const replicas = openReplicas(settings, runtime, identity, proxy.drain);
  const { downstream, stopLoopWatch } = openDownstream(settings, {
    runtime,
    proxy,
    credentials,
    notReadyReasons,
    replicas,
  });
  const { sessions, streams } = proxy;
  const transport = { sessions, streams, credentials: credentials.admin, notReadyReasons };
  const sources = adminSources(settings, runtime, transport);
  const admin = createAdminListener(sources, log, credentials.admin.tls.options);
  const stopWatches = [
    identity.start(log),
    tls.start(downstream, log),
    credentials.admin.start(admin, log),
    stopLoopWatch,
  ];
  return { runtime, proxy, downstream, admin, replicas, sources, state, stopWatches };
}

async function bindListeners(
  settings: HttpSettings,
  { downstream, admin }: Parts,
  { tls, admin: { tls: adminTls } }: Credentials,
): Promise<Pick<Sidecar, "url" | "adminUrl">> {
  const origin = await bind(downstream, settings.listen, "--listen", tls.scheme);
  const adminUrl = await bind(admin, settings.admin, "--admin", adminTls.scheme);
  return { url: `${origin}${settings.path}`, adminUrl };
}

/** Longer than another replica remembers an address: nothing is carried here when the listener closes. */
const FORGOTTEN_MS = 1_500;

async function drainSidecar({ bounds }: HttpSettings, parts: Parts): Promise<void> {
  parts.state.isDraining = true;
  parts.runtime.telemetry.log.info("draining");
  parts.proxy.drain.beginConnectionClose();
  const forgottenMs = parts.replicas === undefined ? 0 : Math.min(FORGOTTEN_MS, bounds.lameDuckMs / 2);
  await pause(bounds.lameDuckMs - forgottenMs);
  await parts.replicas?.directory.withdraw();
  await pause(forgottenMs);
  await stopSidecar(parts, bounds.drainMs);
}

/** Waits up to `deadlineMs` for open requests, then stops. Telemetry closes last: it records how each request ended. */
async function stopSidecar(parts: Parts, deadlineMs: number): Promise<void> {
  const { runtime, proxy, downstream, admin, replicas, state, stopWatches } = parts;
  state.isDraining = true;
  await replicas?.directory.withdraw();
  await proxy.drain.close(downstream, deadlineMs);
  replicas?.carrier.close();
  for (const stopWatch of stopWatches) stopWatch();
  await proxy.close();
  runtime.stop();
  await closeListener(admin, 0);
  await runtime.telemetry.close();
}
