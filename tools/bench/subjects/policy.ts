/** Builds the policy of the benchmark: a rule and limits for each tool, and a few hidden tools. */

export interface PolicySize {
  /** Number of tools, each with one rule that reads an argument. */
  readonly rules: number;
  readonly limitsPerTool: number;
}

/** A limit that no measurement reaches. */
const MAX = 1_000_000_000;
const WINDOWS = ["minute", "hour", "day"] as const;

/** Returns a policy in PolicyLayer's format that allows every call of the benchmark; at most 3 limits for a tool. */
export function benchPolicy({ rules, limitsPerTool }: PolicySize): object {
  const limits = WINDOWS.slice(0, limitsPerTool).map((window) => ({
    counter: `calls_per_${window}`,
    window,
    max: MAX,
    scope: "grant",
  }));
  const tool = {
    deny_if: [{ conditions: [{ path: "args.resource", op: "contains", value: "production" }] }],
    limits,
  };
  const names = Array.from({ length: rules }, (_, index) => `service_operation_tool_${index}`);
  return {
    version: "1",
    default: "deny",
    hide: [1, 2, 3, 4, 5].map((index) => `service_operation_tool_${index}00`),
    tools: Object.fromEntries([...names, "result_1mb", "result_10mb"].map((name) => [name, tool])),
  };
}
