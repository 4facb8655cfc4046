/** Builds the policy of the benchmark: a rule and limits for each tool, and a few hidden tools. */

export interface PolicySize {
  /** Number of tools, each with one rule that reads an argument. */
  readonly rules: number;
  readonly limitsPerTool: number;
  /** Number of patterns of tool names, each with the same rule and limits; none without it. */
  readonly patterns?: number;
}

/** A limit that no measurement reaches. */
const MAX = 1_000_000_000;
/** A tool whose arguments no rule reads. */
export const UNREAD_TOOL = "service_unread_tool";
const WINDOWS = ["minute", "hour", "day"] as const;

/** Returns a policy in PolicyLayer's format that allows every call of the benchmark; at most 3 limits for a tool. */
export function benchPolicy({ rules, limitsPerTool, patterns = 0 }: PolicySize): object {
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
    tools: {
      ...Object.fromEntries(
        [...names, ...patternsOf(patterns), "result_1mb", "result_10mb"].map((name) => [name, tool]),
      ),
      [UNREAD_TOOL]: { limits },
    },
  };
}

/** A name that one of the patterns matches: that with the same number. */
export function patternedName(index: number): string {
  return `team_${index}_reads_report_${index}`;
}

/** Patterns of three kinds: with a beginning, with an end, and with neither. */
function patternsOf(count: number): string[] {
  return Array.from({ length: count }, (_, index) => {
    if (index % 3 === 0) return `team_${index}_*`;
    return index % 3 === 1 ? `*_report_${index}` : `*_${index}_reads_*`;
  });
}
