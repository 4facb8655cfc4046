/** What the admin listener shows, gathered from the parts that know it. */

import type { AdminSources } from "../admin.ts";
import type { PolicySet } from "../config/policy-set.ts";
import type { Settings } from "../config/settings.ts";
import type { WatchedFile } from "../config/watched-file.ts";
import { ALLOW_ALL } from "../policy/compile.ts";
import { comparePolicyWithTools } from "../policy/coverage.ts";
import { createDecisionStreams } from "../telemetry/decision-streams.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { servedHosts, servesHost } from "../transport/http-edge.ts";
import type { Control } from "./control.ts";
import type { Guard } from "./guard.ts";
import type { BuiltIdentity } from "./identity.ts";
import type { PolicyWatch } from "./policies.ts";

interface Shown extends Omit<Telemetry, "close">, Omit<Guard, "close"> {
  readonly control: Control;
  readonly identity: BuiltIdentity;
  readonly adminToken: string | undefined;
  readonly state: { readonly isDraining: boolean };
  readonly watch: Pick<PolicyWatch, "loadedAtMs">;
}

export function adminSources(
  settings: Settings,
  policies: Pick<WatchedFile<PolicySet>, "current" | "problems">,
  shown: Shown,
): AdminSources {
  const { metrics, sessions, streams, tools, health, decisions, isolation, control, identity, state, watch } =
    shown;
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
      ...policies.current(),
      file: settings.policy,
      bindings: settings.agents,
      loadedAtMs: watch.loadedAtMs(),
      lastError: policies.problems().length === 0 ? undefined : policies.problems().join("; "),
    }),
    tools: () => tools.list(policies.current().everyone),
    coverage: () => {
      const { everyone } = policies.current();
      return everyone === undefined || everyone === ALLOW_ALL
        ? undefined
        : comparePolicyWithTools(everyone, tools.definitions());
    },
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
