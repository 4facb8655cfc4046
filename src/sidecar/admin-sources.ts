/** Connects the admin listener to the parts of a running sidecar. */

import type { AdminAccess } from "../admin/access.ts";
import type { AdminSources } from "../admin/server.ts";
import type { Settings } from "../config/settings/settings.ts";
import { ALLOW_ALL } from "../policy/document/compile.ts";
import { correctLabel } from "../policy/lint/correct-label.ts";
import { comparePolicyWithTools } from "../policy/lint/coverage.ts";
import { createDecisionStreams } from "../telemetry/recent/decision-streams.ts";
import { isLoopback } from "../proxy/upstream/isolation-check.ts";
import { servedHosts, servesHost } from "../proxy/downstream/request-checks.ts";
import { explainDecision } from "./decisions/explain-decision.ts";
import type { AdminCredentials } from "./identity/credentials.ts";
import { limitsOf } from "./policy-reload.ts";
import type { Runtime } from "./runtime.ts";
import { tryPolicy } from "./decisions/try-policy.ts";

/** The state of one transport that the admin listener shows. */
interface TransportState {
  readonly sessions: { readonly size: number };
  readonly streams: { readonly open: number };
  readonly credentials: AdminCredentials;
  /** Empty when the sidecar is ready. */
  readonly notReadyReasons: () => readonly string[];
}

export function adminSources(settings: Settings, runtime: Runtime, transport: TransportState): AdminSources {
  const { telemetry, enforcement, policies, counters, control } = runtime;
  const { decisions } = telemetry;
  telemetry.metrics.refreshWith(() => updateGauges(settings, runtime, transport));
  const hosts = servedHosts(settings.admin.host, settings.allowedHosts);
  return {
    ...policySources(settings, runtime),
    server: settings.server,
    renderMetrics: telemetry.metrics.render,
    notReadyReasons: transport.notReadyReasons,
    tools: () => enforcement.tools.list(policies.current().everyone),
    searchDecisions: decisions.search,
    remembersDecision: (id) => decisions.get(id) !== undefined,
    decisionStreams: createDecisionStreams(decisions.subscribe),
    activity: telemetry.activity.read,
    limits: () => counters.read(limitsOf(policies.current())),
    tryPolicy: (policy) => tryPolicy(policy, runtime),
    findDecision: (id) => explainDecision(id, runtime),
    control: {
      ...control.actions,
      capturedFor: settings.auditCapture.length === 0 ? () => undefined : decisions.capturedFor,
    },
    labels: {
      ...control.labels,
      correctLabel: (tool, category) => {
        const isListed = enforcement.tools.definitions().some(({ name }) => name === tool);
        return isListed ? correctLabel(policies.current().everyone, tool, category) : undefined;
      },
    },
    servesHost: (host, localAddress) => servesHost(hosts, host, localAddress),
    access: accessOf(settings, transport.credentials, control.onAdminRefused),
  };
}

export function accessOf(
  { admin, allowedOrigins }: Settings,
  { token, readToken, operators }: AdminCredentials,
  onRefused: AdminAccess["onRefused"],
): AdminAccess {
  return {
    ...(token !== undefined && { token }),
    ...(readToken !== undefined && { readToken }),
    ...(operators && { operators }),
    isLoopback: isLoopback(admin.host),
    requiresCertificate: admin.tls?.clientCa !== undefined,
    open: admin.open,
    origins: new Set(allowedOrigins),
    onRefused,
  };
}

function policySources(
  settings: Settings,
  { policies, enforcement }: Runtime,
): Pick<AdminSources, "policies" | "coverage"> {
  return {
    policies: () => ({
      ...policies.current(),
      file: settings.policy,
      bindings: settings.agents,
      loadedAtMs: policies.loadedAtMs(),
      lastError: policies.problems().length === 0 ? undefined : policies.problems().join("; "),
    }),
    coverage: () => {
      const { everyone } = policies.current();
      return everyone === undefined || everyone === ALLOW_ALL
        ? undefined
        : comparePolicyWithTools(everyone, enforcement.tools.definitions());
    },
  };
}

/** Sets the gauges of state that no event reports. */
function updateGauges(
  { listen }: Settings,
  { control, telemetry: { metrics } }: Runtime,
  { sessions, streams }: TransportState,
): void {
  const transport = listen === undefined ? "stdio" : "http";
  control.updateGauges();
  metrics.sessions(transport, sessions.size);
  metrics.streams(transport, streams.open);
}
