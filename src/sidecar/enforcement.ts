/** What judges calls, whatever carries them: the policies, the tools they are about, and the enforcer. */

import type { PolicySet } from "../config/files/policy-set.ts";
import type { Clock } from "../enforcement/clock.ts";
import { createEnforcer, type Enforcer } from "../enforcement/enforcer.ts";
import { type Agent, principalOf } from "../enforcement/request.ts";
import type { Policy } from "../policy/policy.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { ToolCatalog } from "../proxy/tools/tool-catalog.ts";
import type { Control } from "./control/control.ts";
import type { LimitCounters } from "./limit-counters.ts";
import { reportTools } from "./report-tools.ts";

export interface Enforcement {
  readonly tools: ToolCatalog;
  readonly enforcer: Enforcer;
  readonly policyFor: (agent: Agent) => Policy | undefined;
}

interface Measured extends Pick<LimitCounters, "counters" | "shared"> {
  readonly control: Control;
  readonly clock: Clock;
}

/** `policies` are those in force now. */
export function buildEnforcement(
  policies: () => PolicySet,
  {
    log,
    metrics,
    observer,
    control: { approvals, freezes },
    ...measured
  }: Pick<Telemetry, "log" | "metrics" | "observer"> & Measured,
): Enforcement {
  const { all } = policies();
  metrics.policiesLoaded(all, measured.clock.wallMs());
  metrics.rulesKnown(all.flatMap((policy) => policy.rules));
  const tools = new ToolCatalog({
    policies: all,
    onListed: (listed) => {
      observer.toolsListed(listed);
      if (listed.isNew) reportTools(tools, policies().all, { log, metrics });
      for (const { tool, grade } of listed.changes) {
        metrics.toolChanged(tool, grade);
        log.warn({ tool, grade }, "the server has changed a tool");
      }
    },
  });
  metrics.toolsKnown(tools.known(all));
  const onFailure = (error: unknown): void => log.error({ err: error }, "a call could not be judged");
  const policyFor = (agent: Agent): Policy | undefined => policies().forAgent(principalOf(agent));
  const enforcer = createEnforcer({ ...measured, policyFor, approvals, freezes, onFailure });
  return { tools, policyFor, enforcer };
}
