/** The policy of the benchmark: a rule and limits for each of so many tools, and a few tools hidden. */

export interface PolicySize {
  /** As many tools, each with one rule that looks at an argument. */
  readonly rules: number;
  readonly limitsPerTool: number;
}

/** Never reached. */
const MAX = 1_000_000_000;
const WINDOWS = ["minute", "hour", "day"] as const;

/** In PolicyLayer's form; it allows every call of the benchmark. At most 3 limits for a tool. */
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
