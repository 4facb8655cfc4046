/** Builds a policy of any size: each tool has one rule, with a number and a pattern, and one limit. */

const PATTERNS = ["^cluster-N(/|$)", "(?i)^team-N-[a-z]+$", "(^|/)N/[^/]+$", "^s3://bucket-N/"];

/** Returns a policy of `rules` tools, none of which denies `argumentsFor`. */
export function rulePolicy(rules: number): object {
  const tools = Array.from({ length: rules }, (_, index) => [toolName(index), entryOf(index)]);
  return { version: "1", default: "deny", tools: Object.fromEntries(tools) };
}

export function toolName(index: number): string {
  return `service_operation_tool_${index}`;
}

export function argumentsFor(index: number): { readonly size: number; readonly target: string } {
  return { size: index % 100, target: `elsewhere-${index}` };
}

function entryOf(index: number): object {
  const pattern = PATTERNS[index % PATTERNS.length]?.replace("N", String(index));
  return {
    deny_if: [
      {
        name: "large-there",
        conditions: [
          { path: "args.size", op: "gt", value: 100 },
          { path: "args.target", op: "regex", value: pattern },
        ],
        on_deny: "too large for that target",
      },
    ],
    limits: [{ counter: "calls", window: "day", max: 1_000_000_000, scope: "grant" }],
  };
}
