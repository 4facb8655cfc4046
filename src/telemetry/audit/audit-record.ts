/** One line of the audit log: the caller, the request, the decision with its reason, and the outcome. */

import type { Control, Ending, DecisionRecord, Refusal } from "../../enforcement/observer.ts";
import type { Agent, Request } from "../../enforcement/request.ts";
import { type CheckedArguments, effectOf } from "../../policy/decision.ts";
import type { Capture, Captured } from "./capture.ts";

export interface RecordOptions {
  readonly server: string;
  /** Keyed digest of the arguments' text. */
  readonly digest: (text: string) => string;
  readonly traceIdOf: (request: Request) => string | undefined;
  /** Argument values that are recorded. */
  readonly capture: Capture;
}

type Arguments = NonNullable<Request["args"]>;

/** Longest name as written, in characters; callers choose names. */
const MAX_NAME = 256;
const MAX_KEYS = 64;
/** Longest text about arguments that do not fit, in characters. */
const MAX_EXPECTED = 512;

// Concatenated, since every call has a record: JSON.stringify of an object takes five times as long.
/** The line of one call; `ending` is undefined for a denied call, which is written at once. */
export function callRecord(
  { server, digest, traceIdOf, capture }: RecordOptions,
  request: Request,
  judgement: DecisionRecord | undefined,
  ending: Ending | undefined,
): string {
  const { tool, args } = request;
  const category = tool === undefined ? "" : text("category", tool.category.category);
  return `{${callerText(server, request)}${text("method", name(request.method))}${tool === undefined ? "" : text("tool", name(tool.name))}${category}${
    judgement === undefined ? "" : decisionText(judgement)
  }${args === undefined ? "" : argumentsText(args, digest, capture(request))}${optional("approval", judgement?.approval)}${
    ending === undefined ? "" : upstreamText(ending)
  }${optional("trace_id", traceIdOf(request))}}\n`;
}

/** The line of a message that was refused before any decision. */
export function refusalRecord(server: string, refusal: Refusal): string {
  const { id, atMs, cause, detail, agent, address, bytes } = refusal;
  return toLine({
    time: isoTime(atMs),
    id,
    server,
    agent: agent && agentFields(agent),
    user: agent?.user,
    address,
    effect: "deny",
    reason: cause === "unauthenticated" ? "unauthenticated" : "invalid_message",
    refusal: { cause, detail, bytes },
  });
}

/** The line of a change by an operator; it is no call, so it has no `effect`. */
export function controlRecord(server: string, control: Control): string {
  const {
    atMs,
    action,
    by,
    isProven,
    reason,
    approval,
    agent,
    user,
    tool,
    category,
    untilMs,
    policies,
    count,
  } = control;
  return toLine({
    time: isoTime(atMs),
    server,
    control: {
      action,
      by: name(by),
      by_proven: isProven,
      reason: reason && name(reason),
      until: untilMs && isoTime(untilMs),
      policies,
      count,
    },
    agent: agent === undefined ? undefined : { name: name(agent) },
    user,
    tool: tool === undefined ? undefined : name(tool),
    category,
    approval,
  });
}

function callerText(server: string, { receivedAtMs, id, agent, address, client, session }: Request): string {
  const clientFields = client && { name: name(client.name), version: name(client.version) };
  return `"time":"${isoTime(receivedAtMs)}"${text("id", id)}${text("server", server)},"agent":{"name":${quoted(name(agent.name))},"source":"${agent.source}","verified":${agent.verified}}${optional("user", agent.user)}${optional("address", address)}${
    clientFields === undefined ? "" : member("client", JSON.stringify(clientFields))
  }${session === undefined ? "" : text("session", name(session))}`;
}

function argumentsText(
  { bytes, keys, text: written }: Arguments,
  digest: RecordOptions["digest"],
  captured: Captured | undefined,
): string {
  const names = JSON.stringify(keys.slice(0, MAX_KEYS).map(name));
  const kept =
    captured === undefined
      ? ""
      : `${member("captured", JSON.stringify(captured.values))}${member("captured_types", JSON.stringify(captured.types))}`;
  return `,"args":{"bytes":${bytes},"keys":${names},"hmac":"${digest(written)}"${kept}}`;
}

function decisionText({ decision, policyDigest }: DecisionRecord): string {
  const { denial, arguments: checked } = decision;
  const reasons =
    denial === undefined
      ? ""
      : `${text("reason", denial.reason)}${text("rule", denial.rule)}${text("mode", denial.mode)}`;
  const limit = denial?.limit === undefined ? "" : member("limit", JSON.stringify(denial.limit));
  return `,"effect":"${effectOf(decision)}"${reasons},"policy":{"digest":${quoted(policyDigest)}}${limit}${checked === undefined ? "" : checkText(checked)}`;
}

function checkText({ check, cause, path, text: expected }: CheckedArguments): string {
  const where = path === undefined ? undefined : name(path);
  return member(
    "arguments_check",
    JSON.stringify({ check, cause, path: where, expected: expected.slice(0, MAX_EXPECTED) }),
  );
}

function upstreamText({ outcome, httpStatus, upstreamMs, totalMs, resultBytes }: Ending): string {
  const status = httpStatus === undefined ? "" : member("status", String(httpStatus));
  return `,"upstream":{"outcome":"${outcome}"${status},"duration_ms":${round(upstreamMs ?? totalMs)},"result_bytes":${resultBytes}}`;
}

function optional(key: string, value: string | undefined): string {
  return value === undefined ? "" : text(key, value);
}

function text(key: string, value: string): string {
  return member(key, quoted(value));
}

function member(key: string, json: string): string {
  return `,"${key}":${json}`;
}

/** Invariant: one line, since this escapes every line break and lone surrogate. */
function quoted(value: string): string {
  return JSON.stringify(value);
}

function agentFields({ name: agent, source, verified }: Agent): object {
  return { name: name(agent), source, verified };
}

function name(text: string): string {
  return text.length > MAX_NAME ? text.slice(0, MAX_NAME) : text;
}

/** Rounds to microseconds, below which timing is noise. */
function round(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000;
}

function toLine(record: object): string {
  return `${JSON.stringify(record)}\n`;
}

let lastMs = 0;
let lastIsoTime = new Date(0).toISOString();

/** ISO 8601. Cached for one millisecond, which many calls share under load. */
export function isoTime(milliseconds: number): string {
  if (milliseconds !== lastMs) {
    lastMs = milliseconds;
    lastIsoTime = new Date(milliseconds).toISOString();
  }
  return lastIsoTime;
}
