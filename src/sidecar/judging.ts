/** What judges calls, whatever carries them: the policies, the tools they are about, and the enforcer. */

import type { PolicySet } from "../config/policy-set.ts";
import type { Clock } from "../enforcement/clock.ts";
import type { Counters } from "../enforcement/counters.ts";
import { createEnforcer, type Enforcer } from "../enforcement/enforce.ts";
import { type Agent, principalOf } from "../enforcement/request.ts";
import type { Policy } from "../policy/compile.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import { ToolList } from "../transport/tool-list.ts";
import { reportTools } from "./report-tools.ts";

export interface Judging {
  readonly tools: ToolList;
  readonly enforcer: Enforcer;
  readonly policyFor: (agent: Agent) => Policy | undefined;
}

export interface Measured {
  readonly counters: Counters;
  readonly clock: Clock;
}

export function buildJudging(
  { all, forAgent }: PolicySet,
  { log, metrics, observer, counters, clock }: Pick<Telemetry, "log" | "metrics" | "observer"> & Measured,
): Judging {
  metrics.policiesLoaded(all, clock.wallMs());
  metrics.rulesKnown(all.flatMap((policy) => policy.rules));
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
  const onFailure = (error: unknown): void => log.error({ err: error }, "a call could not be judged");
  const policyFor = (agent: Agent): Policy | undefined => forAgent(principalOf(agent));
  return { tools, policyFor, enforcer: createEnforcer({ policyFor, counters, clock, onFailure }) };
}
