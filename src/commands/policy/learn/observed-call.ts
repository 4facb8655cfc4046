/** Reads one record of an audit log as a call that a policy can be learned from. */

import { isConfusableWith } from "../../../json/confusable-names.ts";
import { parseArgumentPath } from "../../../json/path.ts";
import { MAX_NAME_LENGTH } from "../../../policy/agent-name.ts";
import type { Reason } from "../../../policy/mode.ts";
import { type AuditRecord, fieldText, isRecord, parseRecord } from "../../audit/record.ts";

/** A tools/call as the log has it. */
export interface ObservedCall {
  readonly atMs: number;
  readonly tool: string;
  /** The agent that policies see: `anonymous` unless its name was proven. */
  readonly agent: string;
  /** Whether the call passed to the server: in shadow mode too. */
  readonly hasPassed: boolean;
  /** Whether it passed only since its denial was in shadow mode. */
  readonly isShadowed: boolean;
  /** Whether a limit stopped it. */
  readonly isLimited: boolean;
  readonly isApproved: boolean;
  /** False for a call without the member `arguments`. */
  readonly hasArguments: boolean;
  /** By path; empty when no argument of the tool is captured. */
  readonly captured: ReadonlyMap<string, CapturedArgument>;
}

/** One argument as the log has it. */
export interface CapturedArgument {
  /** The value as text; absent when there was none. */
  readonly text?: string;
  /** As `args.captured_types` has it; absent in logs of versions that did not write it. */
  readonly type?: string;
}

/** `other`: a record that is not about a call of a tool. `newer`: one with an effect that this version does not know. */
export type ObservedLine = ObservedCall | "other" | "newer" | "unreadable";

export function readObservedLine(line: string): ObservedLine {
  const record = parseRecord(line);
  if (record === undefined) return "unreadable";
  const { effect, method, refusal } = record;
  const tool = fieldText(record, "tool");
  if (effect === undefined || refusal !== undefined) return "other";
  if (method !== "tools/call" || tool === "") return typeof method === "string" ? "other" : "newer";
  return isEffect(effect) ? callOf(record, tool, effect) : "newer";
}

type Effect = "allow" | "would_deny" | "deny" | "ask";

function isEffect(effect: unknown): effect is Effect {
  return effect === "allow" || effect === "would_deny" || effect === "deny" || effect === "ask";
}

const LIMIT_REASONS: readonly Reason[] = [
  "rate_limited",
  "budget_exceeded",
  "concurrency_exceeded",
  "repeated_call",
  "cooldown",
];

function callOf(record: AuditRecord, tool: string, effect: Effect): ObservedCall {
  const { agent, args, approval, reason, time } = record;
  const isProven = isRecord(agent) && agent["verified"] === true;
  return {
    atMs: Date.parse(time),
    tool,
    agent: isProven ? fieldText(record, "agent") : "anonymous",
    hasPassed: effect === "allow" || effect === "would_deny",
    isShadowed: effect === "would_deny",
    isLimited: LIMIT_REASONS.some((one) => one === reason),
    isApproved: effect === "allow" && approval !== undefined,
    hasArguments: args !== undefined,
    captured: isRecord(args) ? capturedOf(args) : new Map(),
  };
}

function capturedOf(args: Readonly<Record<string, unknown>>): Map<string, CapturedArgument> {
  const captured = new Map<string, CapturedArgument>();
  const texts = isRecord(args["captured"]) ? args["captured"] : {};
  const types = isRecord(args["captured_types"]) ? args["captured_types"] : undefined;
  for (const [path, text] of Object.entries(texts)) {
    if (typeof text !== "string") continue;
    captured.set(path, isClear(path, args) || types !== undefined ? { text } : { text, type: "unclear" });
  }
  for (const [path, type] of Object.entries(types ?? {})) {
    if (typeof type === "string") captured.set(path, { ...captured.get(path), type });
  }
  return captured;
}

/** The log keeps 64 names of arguments. */
const MAX_KEYS = 64;

/** Whether the names of all arguments show that a server cannot find another one at the path; never so for a nested argument. */
function isClear(path: string, { keys }: Readonly<Record<string, unknown>>): boolean {
  const [name, ...inner] = parseArgumentPath(path) ?? [];
  if (typeof name !== "string" || inner.length > 0 || !Array.isArray(keys) || keys.length >= MAX_KEYS)
    return false;
  return keys.every(
    (key) => typeof key === "string" && key.length < MAX_NAME_LENGTH && !isConfusableWith(key, name),
  );
}
