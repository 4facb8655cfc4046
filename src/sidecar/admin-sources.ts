/** What the admin listener shows, gathered from the parts that know it. */

import type { AdminSources } from "../admin/server.ts";
import type { Settings } from "../config/settings/settings.ts";
import { ALLOW_ALL } from "../policy/document/compile.ts";
import { comparePolicyWithTools } from "../policy/lint/coverage.ts";
import { createDecisionStreams } from "../telemetry/recent/decision-streams.ts";
import { isLoopback } from "../proxy/upstream/isolation-check.ts";
import { servedHosts, servesHost } from "../proxy/downstream/request-checks.ts";
import { explainDecision } from "./explain-decision.ts";
import type { Runtime } from "./runtime.ts";

interface Shown {
  readonly sessions: { readonly size: number };
  readonly streams: { readonly open: number };
  readonly adminToken: string | undefined;
  /** Empty when the sidecar is ready. */
  readonly notReadyBecause: () => readonly string[];
}

export function adminSources(settings: Settings, ground: Runtime, shown: Shown): AdminSources {
  const { metrics, tools, decisions, activity, control, policies, watch } = ground;
  const hosts = servedHosts(settings.admin.host, settings.allowedHosts);
  return {
    server: settings.server,
    renderMetrics: (accept) => {
      const transport = settings.listen === undefined ? "stdio" : "http";
      control.updateGauges();
      metrics.sessions(transport, shown.sessions.size);
      metrics.streams(transport, shown.streams.open);
      return metrics.render(accept);
    },
    notReadyReasons: shown.notReadyBecause,
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
    activity: activity.read,
    limits: ground.readLimits,
    findDecision: (id) => explainDecision(id, ground),
    control: {
      ...control.actions,
      capturedFor: settings.auditCapture.length === 0 ? () => undefined : decisions.capturedFor,
    },
    servesHost: (host, localAddress) => servesHost(hosts, host, localAddress),
    mayControl: {
      ...(shown.adminToken !== undefined && { token: shown.adminToken }),
      isLoopback: isLoopback(settings.admin.host),
      origins: new Set(settings.allowedOrigins),
    },
  };
}
