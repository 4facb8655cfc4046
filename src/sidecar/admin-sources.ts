/** What the admin listener shows, gathered from the parts that know it. */

import type { AdminSources } from "../admin.ts";
import type { PolicySet } from "../config/policy-set.ts";
import type { Settings, UpstreamSettings } from "../config/settings.ts";
import { SYSTEM_CLOCK } from "../enforcement/clock.ts";
import { ALLOW_ALL } from "../policy/compile.ts";
import { comparePolicyWithTools } from "../policy/coverage.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { servedHosts, servesHost } from "../transport/http-edge.ts";
import type { Guard } from "./guard.ts";

interface Shown extends Pick<Telemetry, "metrics" | "decisions">, Pick<Guard, "tools"> {
  readonly sessions: { readonly size: number };
  readonly streams: { readonly open: number };
  readonly health: { readonly isUp: () => boolean };
  readonly state: { readonly isDraining: boolean };
}

export function adminSources(settings: Settings, { everyone, all }: PolicySet, shown: Shown): AdminSources {
  const { metrics, sessions, streams, tools, health, decisions, state } = shown;
  const loadedAtMs = SYSTEM_CLOCK.wallMs();
  const hosts = servedHosts(settings.admin.host, settings.allowedHosts);
  return {
    renderMetrics: (accept) => {
      const transport = settings.listen === undefined ? "stdio" : "http";
      metrics.sessions(transport, sessions.size);
      metrics.streams(transport, streams.open);
      return metrics.render(accept);
    },
    notReadyBecause: () => [
      ...(state.isDraining ? ["the sidecar is draining"] : []),
      ...(health.isUp() ? [] : [whyDown(settings.upstream)]),
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

function whyDown(upstream: UpstreamSettings): string {
  if (upstream.kind === "stdio") return `the wrapped server \`${upstream.command}\` does not run`;
  return `the upstream at ${upstream.url.host} does not accept connections`;
}
