/** What the admin listener shows, gathered from the parts that know it. */

import type { AdminSources } from "../admin.ts";
import type { PolicySet } from "../config/policy-set.ts";
import type { Settings } from "../config/settings.ts";
import { SYSTEM_CLOCK } from "../enforcement/clock.ts";
import { ALLOW_ALL } from "../policy/compile.ts";
import { comparePolicyWithTools } from "../policy/coverage.ts";
import { createDecisionStreams } from "../telemetry/decision-streams.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { servedHosts, servesHost } from "../transport/http-edge.ts";
import type { Control } from "./control.ts";
import type { Guard } from "./guard.ts";
import type { BuiltIdentity } from "./identity.ts";

interface Shown extends Omit<Telemetry, "close">, Omit<Guard, "close"> {
  readonly control: Control;
  readonly identity: BuiltIdentity;
  readonly adminToken: string | undefined;
  readonly state: { readonly isDraining: boolean };
}

export function adminSources(settings: Settings, { everyone, all }: PolicySet, shown: Shown): AdminSources {
  const { metrics, sessions, streams, tools, health, decisions, isolation, control, identity, state } = shown;
  const loadedAtMs = SYSTEM_CLOCK.wallMs();
  const hosts = servedHosts(settings.admin.host, settings.allowedHosts);
  return {
    renderMetrics: (accept) => {
      control.measure();
      metrics.sessions("http", sessions.size);
      metrics.streams("http", streams.open);
      return metrics.render(accept);
    },
    notReadyBecause: () => [
      ...(state.isDraining ? ["the sidecar is draining"] : []),
      ...(health.isUp() ? [] : [`the upstream at ${settings.upstream.host} does not accept connections`]),
      ...[isolation.brokenBecause()].filter((because) => because !== undefined),
      ...identity.notReadyBecause(),
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
    decisionStreams: createDecisionStreams(decisions.subscribe),
    findDecision: decisions.get,
    control: control.sources,
    servesHost: (host, localAddress) => servesHost(hosts, host, localAddress),
    mayControl: {
      ...(shown.adminToken !== undefined && { token: shown.adminToken }),
      isLoopback: isLoopback(settings.admin.host),
      origins: new Set(settings.allowedOrigins),
    },
  };
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(?:\.\d{1,3}){3}$/.test(host);
}
