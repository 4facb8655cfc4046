/** One line of the audit log: what was asked, by whom, what was decided and why, and what came of it. */

import type { Control, Ending, Judgement, Refusal } from "../enforcement/observer.ts";
import type { Agent, Request } from "../enforcement/request.ts";
import { effectOf } from "../policy/decision.ts";
import type { Capture, Captured } from "./capture.ts";
import { isoTime } from "./iso-time.ts";

export interface RecordOptions {
  readonly server: string;
  /** Keyed digest of the arguments' text. */
  readonly digest: (text: string) => string;
  readonly traceIdOf: (request: Request) => string | undefined;
  /** Argument values that are kept. */
  readonly capture: Capture;
}

type Arguments = NonNullable<Request["args"]>;

/** Longest name as written; callers choose them, and a line must stay a line. */
const MAX_NAME = 256;
const MAX_KEYS = 64;

/** `ending` is absent for a denied call, which is written at once. */
export function callRecord(
  { server, digest, traceIdOf, capture }: RecordOptions,
  request: Request,
  judgement: Judgement | undefined,
  ending: Ending | undefined,
): string {
  return toLine({
    ...callerOf(server, request),
    method: name(request.method),
    tool: request.tool && name(request.tool.name),
    category: request.tool?.category.category,
    ...(judgement && verdictOf(judgement)),
    args: request.args && argumentsOf(request.args, digest, capture(request)),
    approval: judgement?.approval,
    upstream: ending && upstreamOf(ending),
    trace_id: traceIdOf(request),
  });
}

export function refusalRecord(server: string, refusal: Refusal): string {
  const { id, atMs, cause, detail, agent, bytes } = refusal;
  return toLine({
    time: isoTime(atMs),
    id,
    server,
    agent: agent && agentOf(agent),
    effect: "deny",
    reason: cause === "unauthenticated" ? "unauthenticated" : "invalid_message",
    refusal: { cause, detail, bytes },
  });
}

/** What a person did by hand: no call, so it has no effect of its own. */
export function controlRecord(server: string, control: Control): string {
  const { atMs, action, by, reason, approval, agent, tool, untilMs } = control;
  return toLine({
    time: isoTime(atMs),
    server,
    control: { action, by: name(by), reason: reason && name(reason), until: untilMs && isoTime(untilMs) },
    agent: agent === undefined ? undefined : { name: name(agent) },
    tool: tool === undefined ? undefined : name(tool),
    approval,
  });
}

function callerOf(server: string, { receivedAtMs, id, agent, client, session }: Request): object {
  return {
    time: isoTime(receivedAtMs),
    id,
    server,
    agent: agentOf(agent),
    client: client && { name: name(client.name), version: name(client.version) },
    session: session && name(session),
  };
}

function argumentsOf(
  { bytes, keys, text }: Arguments,
  digest: RecordOptions["digest"],
  captured: Captured | undefined,
): object {
  return { bytes, keys: keys.slice(0, MAX_KEYS).map(name), hmac: digest(text), captured };
}

function verdictOf({ decision, policyDigest }: Judgement): object {
  const { denial } = decision;
  return {
    effect: effectOf(decision),
    reason: denial?.reason,
    rule: denial?.rule,
    mode: denial?.mode,
    policy: { digest: policyDigest },
    limit: denial?.limit,
  };
}

function upstreamOf({ outcome, httpStatus, upstreamMs, totalMs, resultBytes }: Ending): object {
  const durationMs = upstreamMs ?? totalMs;
  return { outcome, status: httpStatus, duration_ms: round(durationMs), result_bytes: resultBytes };
}

function agentOf({ name: agent, source, verified }: Agent): object {
  return { name: name(agent), source, verified };
}

function name(text: string): string {
  return text.length > MAX_NAME ? text.slice(0, MAX_NAME) : text;
}

/** To microseconds: what lies below is noise. */
function round(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000;
}

/** Invariant: one line, since JSON.stringify escapes every line break and lone surrogate. */
function toLine(record: object): string {
  return `${JSON.stringify(record)}\n`;
}
