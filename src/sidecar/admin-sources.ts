/** What the admin listener shows, gathered from the parts that know it. */

import type { AdminSources } from "../admin.ts";
import type { PolicySet } from "../config/policy-set.ts";
import type { Settings } from "../config/settings.ts";
import type { WatchedFile } from "../config/watched-file.ts";
import { ALLOW_ALL } from "../policy/compile.ts";
import { comparePolicyWithTools } from "../policy/coverage.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { servedHosts, servesHost } from "../transport/http-edge.ts";
import type { Guard } from "./guard.ts";
import type { PolicyWatch } from "./policies.ts";

interface Shown extends Omit<Telemetry, "close">, Omit<Guard, "close"> {
  readonly state: { readonly isDraining: boolean };
  readonly watch: Pick<PolicyWatch, "loadedAtMs">;
}

export function adminSources(
  settings: Settings,
  policies: Pick<WatchedFile<PolicySet>, "current" | "problems">,
  shown: Shown,
): AdminSources {
  const { metrics, sessions, streams, tools, health, decisions, state, watch } = shown;
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
    findDecision: decisions.get,
    servesHost: (host, localAddress) => servesHost(hosts, host, localAddress),
  };
}
