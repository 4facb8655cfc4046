/** Random traffic, written to audit logs as the sidecar writes it, and decided again by the pure core. */

import fc from "fast-check";
import { ANONYMOUS, type Agent } from "../../../src/enforcement/request.ts";
import { chargeInMemory } from "../../../src/enforcement/limits/charged-decision.ts";
import { MemoryCounters } from "../../../src/enforcement/limits/memory-counters.ts";
import { isJsonObject, type JsonObject } from "../../../src/json/json.ts";
import { readJson } from "../../../src/json/read-json.ts";
import { decide } from "../../../src/policy/decide.ts";
import { effectOf } from "../../../src/policy/decision.ts";
import type { Policy } from "../../../src/policy/policy.ts";
import { callRecord } from "../../../src/telemetry/audit/audit-record.ts";
import { createCapture } from "../../../src/telemetry/audit/capture.ts";
import {
  ALLOWED,
  denied,
  exampleAgent,
  exampleRequest,
  exampleTool,
  SUCCESS,
} from "../../telemetry/examples.ts";

export interface Traffic {
  readonly atMs: number;
  readonly agent: string;
  readonly tool: string;
  /** The member `arguments` as JSON; absent: the call has none. */
  readonly args: string | undefined;
  readonly effect: "allow" | "would_deny" | "denied" | "limited" | "approved";
  /** How long after its arrival the call is written. */
  readonly lastsMs: number;
}

const TOOLS = [
  "read",
  "write",
  "get_*",
  "what?",
  "a.b",
  "__proto__",
  "Read",
  "x".repeat(300),
  "ö-1",
  "a\\*b",
];
const VALUES = [
  ...["a", "b", "eu-1", "", "5", "true", "null", "[1]", "x".repeat(600), "bearer abc.def-1", "é"].map(
    (text) => JSON.stringify(text),
  ),
  ...'0 1 5 -3 0.5 1e3 100 9007199254740993 1e-400 true false null [1] {"c":1}'.split(" "),
];
export const PATHS = ["args.a", "args.b.c", 'args["d.e"]'];

const SIMPLE = fc.constantFrom(...VALUES);
/** Mostly of one kind, so that rules are learned of them. */
const VALUE_SET = fc.oneof(
  { weight: 3, arbitrary: fc.subarray(['"a"', '"b"', '"eu-1"', '"5"'], { minLength: 1 }) },
  { weight: 3, arbitrary: fc.subarray(["0", "1", "5", "-3", "100", "0.5"], { minLength: 1 }) },
  { weight: 1, arbitrary: fc.subarray(["true", "false"], { minLength: 1 }) },
  { weight: 3, arbitrary: fc.uniqueArray(SIMPLE, { minLength: 1, maxLength: 12 }) },
);

function argumentsOf(set: readonly string[]): fc.Arbitrary<string | undefined> {
  const value = fc.constantFrom(...set);
  return fc.oneof(
    { weight: 6, arbitrary: value.map((a) => `{"a":${a},"b":{"c":${a}},"d.e":${a}}`) },
    { weight: 1, arbitrary: value.map((a) => `{"b":{"C":1,"c":${a}}}`) },
    { weight: 1, arbitrary: value.map((a) => `{"A":${a},"z":1}`) },
    { weight: 1, arbitrary: fc.constant("{}") },
    { weight: 1, arbitrary: fc.constant(undefined) },
  );
}

const CALLS = fc
  .tuple(
    fc.uniqueArray(fc.constantFrom(...TOOLS), { minLength: 1, maxLength: 4 }),
    fc.subarray(["anonymous", "ann", "bob", "c/d", "n".repeat(256)], { minLength: 1 }),
    VALUE_SET,
    fc.constantFrom(1_000, 60_000, 3_600_000, 100_000_000),
  )
  .chain(([tools, agents, set, spreadMs]) =>
    fc.array(
      fc.record({
        atMs: fc.integer({ min: 0, max: spreadMs }).map((ms) => Date.UTC(2026, 0, 1) + ms),
        agent: fc.constantFrom(...agents),
        tool: fc.constantFrom(...tools),
        args: argumentsOf(set),
        effect: fc.constantFrom("allow", "allow", "allow", "would_deny", "denied", "limited", "approved"),
        lastsMs: fc.constantFrom(0, 0, 10, 5_000, 700_000),
      }),
      { minLength: 1, maxLength: 50, size: "max" },
    ),
  );

export const TRAFFIC: fc.Arbitrary<readonly Traffic[]> = CALLS;

/** `late`: values are captured after the first ten calls. `untyped`: as versions wrote them that did not write types. */
export const CAPTURES = ["none", "all", "late", "untyped"] as const;
export type CaptureForm = (typeof CAPTURES)[number];

/** The lines of the log, in the order in which the sidecar writes them. */
export function logOf(traffic: readonly Traffic[], form: CaptureForm): string[] {
  const capture = createCapture(TOOLS.map((tool) => ({ tool, paths: PATHS })));
  const nothing = createCapture([]);
  const options = { server: "s", digest: () => "d", traceIdOf: () => undefined };
  const sorted = traffic.toSorted((one, other) => one.atMs + one.lastsMs - other.atMs - other.lastsMs);
  return sorted.map((call, index) => {
    const { args: text, effect } = call;
    const request = exampleRequest({
      receivedAtMs: call.atMs,
      agent: agentOf(call.agent),
      tool: exampleTool(call.tool),
      ...(text !== undefined && { args: { bytes: text.length, keys: [...argsOf(call).keys()], text } }),
    });
    const hasPassed = effect !== "denied" && effect !== "limited";
    const isCaptured = form !== "none" && (form !== "late" || index >= 10);
    const how = { ...options, capture: isCaptured ? capture : nothing };
    const line = callRecord(how, request, decisionOf(effect), hasPassed ? SUCCESS : undefined);
    return form === "untyped" ? withoutTypes(line) : line;
  });
}

function withoutTypes(line: string): string {
  const record: { args?: { captured_types?: unknown } } = JSON.parse(line);
  delete record.args?.captured_types;
  return `${JSON.stringify(record)}\n`;
}

function decisionOf(effect: Traffic["effect"]): Parameters<typeof callRecord>[2] {
  switch (effect) {
    case "allow":
      return ALLOWED;
    case "approved":
      return { ...ALLOWED, approval: "ap-1" };
    case "would_deny":
      return denied({ reason: "default_deny", mode: "shadow" });
    case "denied":
      return denied({ reason: "condition" });
    case "limited":
      return denied({ reason: "rate_limited" });
  }
}

function agentOf(name: string): Agent {
  // A name that is only claimed is none to a policy.
  return name === "anonymous" ? { ...ANONYMOUS, name: "claimed", source: "client_info" } : exampleAgent(name);
}

function argsOf({ args }: Traffic): JsonObject {
  const read = readJson(args ?? "{}");
  return read.ok && isJsonObject(read.value) ? read.value : new Map();
}

/** Calls that passed once and would not pass now, at their times and `laterMs` afterwards. */
export function deniedNow(
  traffic: readonly Traffic[],
  policyOf: (agent: string) => Policy,
  laterMs = 0,
): readonly string[] {
  const counters = new Map<Policy, MemoryCounters>();
  const passed = traffic.filter(({ effect }) => effect !== "denied" && effect !== "limited");
  const inOrder = passed.toSorted((one, other) => one.atMs - other.atMs);
  return inOrder.flatMap((call) => {
    const { agent, tool, effect } = call;
    const nowMs = call.atMs + laterMs;
    const policy = policyOf(agent);
    const counts = counters.get(policy) ?? new MemoryCounters();
    counters.set(policy, counts);
    const isApproved = effect === "approved";
    const category = { category: "read", source: "policy", confidence: 1 } as const;
    const decision = decide(
      policy,
      { agent, nowMs, tool, category, args: argsOf(call), isApproved },
      (charge) => counts.read(charge, nowMs),
    );
    chargeInMemory(counts, decision, nowMs);
    const { denial } = decision;
    return effectOf(decision) === "allow" ? [] : [`${tool} by ${agent}: ${denial?.reason} ${denial?.rule}`];
  });
}
