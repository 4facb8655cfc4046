/** Decides on calls, whatever the transport: the enforcer, the tools of the server, and the policy of each agent. */

import type { PolicySet } from "../config/files/policy-set.ts";
import type { Clock } from "../enforcement/clock.ts";
import { createEnforcer, type Enforcer } from "../enforcement/enforcer.ts";
import { type Agent, callerOf, type Request } from "../enforcement/request.ts";
import { type AmountPath, fieldsWith, type MessageFields } from "../mcp/message-fields.ts";
import type { Policy } from "../policy/policy.ts";
import { type ToolView, toolView } from "../policy/tool-view.ts";
import type { Telemetry } from "../telemetry/telemetry.ts";
import type { StateNotes } from "../proxy/sessions/state-notes.ts";
import { ToolCatalog } from "../proxy/tools/tool-catalog.ts";
import type { Control } from "./control/control.ts";
import { digestOfCaller, type LimitCounters } from "./limit-counters.ts";
import { describeKnownTools, reportTools } from "./tools/report-tools.ts";

export interface Enforcement {
  readonly tools: ToolCatalog;
  readonly enforcer: Enforcer;
  /** Undefined when no policy covers the agent; its calls are denied. */
  readonly policyFor: (agent: Agent) => Policy | undefined;
  /** The tools that the caller sees; undefined when no policy covers it. */
  readonly viewFor: (caller: Pick<Request, "agent" | "address">) => ToolView | undefined;
  /** The fields that are kept of messages of the server, for limits that count something of an answer. */
  readonly answerFields: () => MessageFields;
}

interface EnforcementParts {
  readonly telemetry: Telemetry;
  readonly counters: LimitCounters;
  readonly control: Control;
  readonly clock: Clock;
  /** Of a worker: carries lists of tools to the other workers. */
  readonly notes?: StateNotes | undefined;
}

/** `policies` returns the policies in force at the time of the call. */
export function buildEnforcement(
  policies: () => PolicySet,
  { telemetry, counters, control, clock, notes }: EnforcementParts,
): Enforcement {
  const policyFor = (agent: Agent): Policy | undefined => policies().forCaller(callerOf({ agent }));
  const viewFor: Enforcement["viewFor"] = (caller) => toolView(policyFor(caller.agent), callerOf(caller));
  const enforcer = createEnforcer({
    counters: counters.counters,
    shared: counters.shared,
    approvals: control.approvals,
    freezes: control.freezes,
    clock,
    digest: digestOfCaller,
    onFailure: (error) => telemetry.log.error({ err: error }, "a call could not be decided, and was denied"),
  });
  return {
    tools: openTools(policies, telemetry, clock, notes),
    policyFor,
    viewFor,
    enforcer,
    answerFields: answerFieldsOf(policies),
  };
}

/** Made once for each set of policies. */
function answerFieldsOf(policies: () => PolicySet): () => MessageFields {
  let made: { readonly of: PolicySet; readonly fields: MessageFields } | undefined;
  return () => {
    const current = policies();
    if (made?.of !== current) made = { of: current, fields: fieldsWith(amountPaths(current.all)) };
    return made.fields;
  };
}

function amountPaths(policies: readonly Policy[]): AmountPath[] {
  const sources = policies.flatMap(({ limits }) => limits.map(({ answer }) => answer));
  return sources.filter((source) => source !== undefined).filter((source) => source.kind === "path");
}

function openTools(
  policies: () => PolicySet,
  telemetry: Telemetry,
  clock: Clock,
  notes: StateNotes | undefined,
): ToolCatalog {
  const { log, metrics, observer } = telemetry;
  const { all } = policies();
  metrics.policiesLoaded(all, clock.wallMs());
  metrics.rulesKnown(all.flatMap((policy) => policy.rules));
  const tools = new ToolCatalog({
    policies: all,
    ...(notes && {
      onNewList: (text: string, isFirstPage: boolean) =>
        notes.send({ kind: "tools-listed", text, isFirstPage }),
    }),
    onListed: (listed) => {
      observer.toolsListed(listed);
      if (listed.isNew) reportTools(tools, policies().all, telemetry);
      for (const { tool, grade } of listed.changes) {
        metrics.toolChanged(tool, grade);
        log.warn({ tool, grade }, "the server has changed a tool");
      }
    },
  });
  metrics.toolsKnown(describeKnownTools(tools, all));
  return tools;
}
