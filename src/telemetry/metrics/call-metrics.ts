/** Metrics of requests and messages, updated by an observer. */

import type { Ending, DecisionRecord, Observer } from "../../enforcement/observer.ts";
import type { Request } from "../../enforcement/request.ts";
import type { Transport } from "../../mcp/vocabulary.ts";
import { type Unevaluable, effectOf, type Denial } from "../../policy/decision.ts";
import type { Families } from "./registry.ts";
import type { CardinalityLimits } from "./cardinality-limits.ts";
import { OTHER_LABEL } from "./labels.ts";
import { isKnownMethod } from "../../mcp/methods.ts";
import { NO_REASON, RESPONSE_METHOD, errorTypeOf, networkTransportOf } from "./label-values.ts";

export type TraceIdOf = (request: Request) => string | undefined;

export interface CallContext {
  /** Names the sampled trace that an exemplar points to. */
  readonly traceIdOf: TraceIdOf;
  /** Transport to the server; undefined when it is the same as the agent's. */
  readonly upstreamTransport: Transport | undefined;
}

export function createCallObserver(
  families: Families,
  bounds: CardinalityLimits,
  context: CallContext,
): Observer {
  return {
    requestStarted: (request) => families.inflight.series(request.transport).add(1),
    requestDecided: (request, judgement) => countJudgement(families, bounds, request, judgement),
    requestEnded: (request, ending) => {
      families.inflight.series(request.transport).add(-1);
      observeDurations(families, bounds.toolLabel(request), { request, ending, context });
      if (request.tool !== undefined) countCall(families, bounds, request, ending);
    },
    messageRefused: (refusal) => families.messagesRefused.series(refusal.cause).add(1),
    messagePassed: (direction, method) => families.messages.series(direction, methodLabel(method)).add(1),
    toolsListed: (list) => families.toolsListBytes.series().set(list.bytes),
  };
}

function methodLabel(method: string): string {
  return method === RESPONSE_METHOD || isKnownMethod(method) ? method : OTHER_LABEL;
}

function countJudgement(
  families: Families,
  bounds: CardinalityLimits,
  request: Request,
  { decision }: DecisionRecord,
): void {
  const { denial, unevaluable, arguments: checked } = decision;
  families.decisions.series(effectOf(decision), denial?.reason ?? NO_REASON).add(1);
  countUnevaluable(families, bounds, unevaluable);
  if (checked !== undefined) {
    families.argumentsInvalid.series(bounds.toolLabel(request), checked.cause, checked.check).add(1);
  }
  if (denial === undefined) return;
  families.ruleHits.series(bounds.rules.valueFor(denial.rule), effectOf(decision)).add(1);
  if (request.tool !== undefined) countDenial(families, bounds, request, denial);
}

function countUnevaluable(
  families: Families,
  bounds: CardinalityLimits,
  unevaluable: readonly Unevaluable[],
): void {
  for (const { rule, cause } of unevaluable)
    families.conditionsUnevaluable.series(bounds.rules.valueFor(rule), cause).add(1);
}

function countDenial(families: Families, bounds: CardinalityLimits, request: Request, denial: Denial): void {
  const tool = bounds.toolLabel(request);
  const category = bounds.categoryLabel(request);
  const agent = bounds.agentLabel(request, tool);
  const user = bounds.userLabels(request, tool, agent);
  families.toolDenials.series(tool, category, agent, denial.reason, denial.mode, ...user).add(1);
}

function countCall(families: Families, bounds: CardinalityLimits, request: Request, ending: Ending): void {
  const tool = bounds.toolLabel(request);
  const category = bounds.categoryLabel(request);
  const agent = bounds.agentLabel(request, tool);
  const user = bounds.userLabels(request, tool, agent);
  families.toolCalls.series(tool, category, agent, ending.outcome, ...user).add(1);
  families.requestBytes.series(tool).observe(request.bytes);
  families.resultBytes.series(tool).observe(ending.resultBytes);
  countUnevaluable(families, bounds, ending.unevaluable ?? []);
}

interface EndedRequest {
  readonly request: Request;
  readonly ending: Ending;
  readonly context: CallContext;
}

function observeDurations(
  families: Families,
  tool: string,
  { request, ending, context }: EndedRequest,
): void {
  const { totalMs, upstreamMs, outcome } = ending;
  const traceId = context.traceIdOf(request);
  const method = methodLabel(request.method);
  const errorType = errorTypeOf(outcome) ?? "";
  const downstream = networkTransportOf(request.transport);
  families.serverDuration.series(method, tool, errorType, downstream).observe(totalMs / 1000, traceId);
  if (upstreamMs !== undefined) {
    const upstream = networkTransportOf(context.upstreamTransport ?? request.transport);
    families.clientDuration.series(method, tool, errorType, upstream).observe(upstreamMs / 1000, traceId);
  }
  const ownMs = overheadMs(ending);
  if (ownMs !== undefined) families.overhead.series().observe(ownMs / 1000);
}

/** Time that Tollgate added: all of a denied call. Undefined for a call that failed before the upstream responded. */
function overheadMs({ outcome, totalMs, upstreamMs }: Ending): number | undefined {
  if (outcome === "denied") return totalMs;
  return upstreamMs === undefined ? undefined : Math.max(0, totalMs - upstreamMs);
}
