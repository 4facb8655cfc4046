/** Logs denials, refusals and failures, each at a bounded rate; a successful call is not logged. */

import type { Ending, DecisionRecord, Observer, Refusal } from "../../enforcement/observer.ts";
import type { Outcome } from "../../mcp/vocabulary.ts";
import type { Request } from "../../enforcement/request.ts";
import type { ArgumentCause } from "../../policy/arguments/argument-check.ts";
import { isBlocked } from "../../policy/decision.ts";
import { copyString } from "../metrics/labels.ts";
import type { Log } from "./log.ts";
import { createLogSampler } from "./log-sampling.ts";

/** Lines per kind and minute; the audit log records every event. */
const LINES_PER_MINUTE = 60;
const MAX_NAME = 256;

const FAILURES: ReadonlySet<Outcome> = new Set(["upstream_error", "timeout"]);

/** Causes that concern every call of a tool; each is logged once for a tool. */
const UNCHECKABLE: ReadonlySet<ArgumentCause> = new Set<ArgumentCause>(["schema_unknown", "schema_unusable"]);
const UNCHECKABLE_MESSAGE = "the arguments of a tool cannot be checked";
/** Tools that are noted; agents choose names of tools that do not exist. */
const MAX_NOTED = 1_000;

export interface LogObserverOptions {
  readonly log: Log;
  readonly traceIdOf: (request: Request) => string | undefined;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export function createLogObserver({ log, traceIdOf, now }: LogObserverOptions): Observer {
  const sampler = createLogSampler(LINES_PER_MINUTE, now);
  const logSampled = (level: "info" | "warn", message: string, fields: () => object): void => {
    const suppressed = sampler.admit(message);
    if (suppressed === undefined) return;
    log[level]({ ...fields(), ...(suppressed > 0 && { suppressed }) }, message);
  };
  const about = (request: Request): object => ({ ...requestFields(request), trace_id: traceIdOf(request) });
  const noted = new Set<string>();
  const noteUncheckable = ({ tool }: Request, { decision }: DecisionRecord): void => {
    const { arguments: checked } = decision;
    if (checked === undefined || tool === undefined || !UNCHECKABLE.has(checked.cause)) return;
    const name = copyString(tool.name, MAX_NAME);
    const key = `${checked.cause} ${name}`;
    if (noted.has(key) || noted.size >= MAX_NOTED) return;
    noted.add(key);
    const { cause, check, text: problem } = checked;
    log[check === "validate" ? "warn" : "info"]({ tool: name, cause, check, problem }, UNCHECKABLE_MESSAGE);
  };
  return {
    requestDecided: (request, judgement) => {
      noteUncheckable(request, judgement);
      if (isBlocked(judgement.decision))
        logSampled("info", "call denied", () => ({ ...about(request), ...denialFields(judgement) }));
    },
    requestEnded: (request, ending) => {
      if (FAILURES.has(ending.outcome))
        logSampled("warn", "request failed", () => ({ ...about(request), ...endingFields(ending) }));
    },
    messageRefused: (refusal) => logSampled("warn", "message refused", () => refusalFields(refusal)),
  };
}

function requestFields({ id, method, tool, agent, address }: Request): object {
  return {
    id,
    method: copyString(method, MAX_NAME),
    ...(tool && { tool: copyString(tool.name, MAX_NAME) }),
    agent: copyString(agent.name, MAX_NAME),
    ...(agent.user !== undefined && { user: agent.user }),
    address,
  };
}

function denialFields({ decision: { denial } }: DecisionRecord): object {
  return { effect: denial?.effect, reason: denial?.reason, rule: denial?.rule };
}

function endingFields({ outcome, totalMs, httpStatus }: Ending): object {
  return { outcome, duration_ms: Math.round(totalMs), status: httpStatus };
}

function refusalFields({ id, cause, detail, agent, address, bytes }: Refusal): object {
  return { id, cause, detail, agent: agent && copyString(agent.name, MAX_NAME), address, bytes };
}
