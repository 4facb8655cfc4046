/** `policy explain` agrees with the live proxy on random calls under random policies. */

import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { explainCall } from "../../src/policy/explain/steps.ts";
import { parsePolicyFile } from "../../src/config/files/policy-file.ts";
import { classifyTool } from "../../src/policy/category/classify.ts";
import { isJsonObject } from "../../src/json/json.ts";
import { readJson } from "../../src/json/read-json.ts";
import { serve } from "../fixtures/lifetime.ts";
import type { LoopbackServer } from "../fixtures/loopback-server.ts";
import { postForText } from "../fixtures/post.ts";
import { startTestSidecar } from "../fixtures/start-sidecar.ts";

let upstream: LoopbackServer;
beforeAll(async () => {
  upstream = await serve(`{"jsonrpc":"2.0","id":1,"result":{}}`);
});

const TOOLS = ["read_file", "delete_file", "run", "__proto__"];
const tool = fc.constantFrom(...TOOLS);
const path = fc.constantFrom("args.a", "args.b", "args.b.c", 'args["b.c"]', "args.b[0]");
const scalar = fc.oneof(
  fc.constantFrom(0, 1, 2.5, "", "x", "xx", true, false),
  fc.integer({ min: -3, max: 3 }),
);
const argument = fc.oneof(
  scalar,
  fc.constant(null),
  fc.array(scalar, { maxLength: 2 }),
  fc.record({ c: scalar }),
);
const args = fc.dictionary(fc.constantFrom("a", "b", "b.c"), argument, { maxKeys: 3 });

const condition = fc.oneof(
  fc.record({ path, op: fc.constantFrom("eq", "neq"), value: scalar }),
  fc.record({ path, op: fc.constantFrom("lt", "lte", "gt", "gte"), value: fc.integer({ min: -3, max: 3 }) }),
  fc.record({
    path,
    op: fc.constantFrom("in", "not_in"),
    value: fc.array(scalar, { minLength: 1, maxLength: 3 }),
  }),
  fc.record({
    path,
    op: fc.constantFrom("contains", "regex", "starts_with", "ends_with"),
    value: fc.constant("x"),
  }),
  fc.record({ path, op: fc.constantFrom("exists", "not_exists"), value: fc.constant(true) }),
);
const mode = fc.constantFrom("enforce", "shadow");
const rule = fc.record(
  { conditions: fc.array(condition, { maxLength: 2 }), mode, on_deny: fc.constant("no") },
  { requiredKeys: ["conditions"] },
);
const limit = fc.record(
  { counter: fc.constant("calls"), window: fc.constant("day"), max: fc.constantFrom(0, 1), mode },
  { requiredKeys: ["counter", "window", "max"] },
);
const rules = {
  require: fc.array(rule, { maxLength: 1 }),
  deny_if: fc.array(rule, { maxLength: 2 }),
  limits: fc.array(limit, { maxLength: 1 }),
  mode,
};
const action = fc.constantFrom("allow", "deny", "hide", "approve");
const policy = fc.record(
  {
    version: fc.constant("1"),
    default: fc.constantFrom("allow", "deny"),
    hide: fc.array(fc.oneof(tool, fc.constant("*")), { maxLength: 1 }),
    strict: fc.boolean(),
    mode,
    all_tools: fc.record(rules, { requiredKeys: [] }),
    tools: fc.dictionary(tool, fc.record({ ...rules, action }, { requiredKeys: [] }), { maxKeys: 3 }),
    categories: fc.dictionary(
      fc.constantFrom("read", "destructive", "execute"),
      fc.record({ ...rules, action }, { requiredKeys: [] }),
      { maxKeys: 2 },
    ),
  },
  { requiredKeys: ["version", "default"] },
);

/** A decision in the fields of the audit log. */
interface RecordedDecision {
  readonly effect: unknown;
  readonly reason: unknown;
  readonly rule: unknown;
}

function explained(policyText: string, name: string, argsText: string): RecordedDecision | undefined {
  const file = parsePolicyFile(Buffer.from(policyText), "policy.json");
  const read = readJson(argsText);
  if (!file.ok || !read.ok || !isJsonObject(read.value)) return undefined;
  const category = classifyTool({ name }, file.policy.categoryOf(name));
  const call = { tool: name, args: read.value, agent: "anonymous", category };
  const { effect, decision } = explainCall(file.policy, call);
  return { effect, reason: decision.denial?.reason, rule: decision.denial?.rule };
}

async function live(policyText: string, name: string, argsText: string): Promise<RecordedDecision> {
  const sidecar = await startTestSidecar({ upstream: upstream.url, policy: policyText });
  try {
    const params = `{"name":${JSON.stringify(name)},"arguments":${argsText}}`;
    await postForText(sidecar.url, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${params}}`);
    const [record] = sidecar.audit();
    return { effect: record?.["effect"], reason: record?.["reason"], rule: record?.["rule"] };
  } finally {
    await sidecar.stop();
  }
}

describe("policy explain", () => {
  it("agrees with the live proxy", async () => {
    const seen = new Set<unknown>();
    await fc.assert(
      fc.asyncProperty(policy, tool, args, async (document, name, given) => {
        const [policyText, argsText] = [JSON.stringify(document), JSON.stringify(given)];
        const expected = explained(policyText, name, argsText);
        fc.pre(expected !== undefined);
        seen.add(expected?.reason);
        expect(await live(policyText, name, argsText)).toEqual(expected);
      }),
      { numRuns: 250 },
    );
    // A property over calls that are all allowed, or all denied by the same step, would show little.
    expect(seen.size).toBeGreaterThanOrEqual(6);
  });
});
