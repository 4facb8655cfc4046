/** Compares a policy with the server's tools/list: unknown names, uncovered tools, wrong arguments. */

import { argumentFindings, type CheckedTool, NEVER_DENIES } from "./argument-findings.ts";
import { classifyTool } from "../category/classify.ts";
import type { CompiledPolicy } from "../document/compile.ts";
import { documentRoot, type Finding, type PlacedEntry, placedEntries, placedRules } from "./finding.ts";
import { didYouMean, nearestName } from "../schema/did-you-mean.ts";
import { describeTool, inputSchemaOf, type ToolDefinition } from "../../mcp/tool-definition.ts";

export interface Coverage {
  /** Names in the policy that no tool has. */
  readonly unknown: readonly string[];
  /** Tools that the policy neither lists nor hides, and whose category has no entry. */
  readonly uncovered: readonly string[];
  /** Findings about both, and about rules that the tools' schemas contradict. */
  readonly findings: readonly Finding[];
}

/** Compares the two. An empty list of tools gives no findings, since the server may not have answered yet. */
export function comparePolicyWithTools(policy: CompiledPolicy, tools: readonly ToolDefinition[]): Coverage {
  if (tools.length === 0) return { unknown: [], uncovered: [], findings: [] };
  const names = new Set(tools.map(({ name }) => name));
  const unknown = policy.toolNames.filter((name) => !names.has(name));
  const uncovered = uncoveredTools(policy, tools);
  const findings = [
    ...unknownFindings(policy, unknown, names),
    ...uncovered.map((name) => uncoveredFinding(policy, name)),
    ...schemaFindings(policy, tools),
  ];
  return { unknown, uncovered, findings };
}

function uncoveredTools(policy: CompiledPolicy, tools: readonly ToolDefinition[]): string[] {
  const names = tools
    .filter((tool) => {
      const { category } = classifyTool(describeTool(tool), policy.categoryOf(tool.name));
      const isSpokenOf = policy.entryOf(tool.name, category) !== undefined;
      return !isSpokenOf && policy.hiding(tool.name, category) === undefined;
    })
    .map(({ name }) => name);
  return Array.from(new Set(names));
}

// Security: the server chooses how many tools it lists, and each comparison takes time.
const MAX_COMPARISONS = 200_000;

function unknownFindings(
  policy: CompiledPolicy,
  unknown: readonly string[],
  names: ReadonlySet<string>,
): Finding[] {
  const known = unknown.length * names.size <= MAX_COMPARISONS ? names : [];
  const root = documentRoot();
  const { tools, hide = [] } = policy.document;
  return unknown.flatMap((name) => {
    const message = `\`${name}\` is no tool of the server${didYouMean(name, known)}`;
    const listed: Finding[] = tools?.has(name)
      ? [{ severity: "error", code: "unknown-tool", path: root.at("tools").at(name).path(), message }]
      : [];
    const index = hide.indexOf(name);
    if (index < 0) return listed;
    // Hiding an absent tool does no harm, unless the author meant another name.
    const severity = nearestName(name, known) === undefined ? "warning" : "error";
    return [...listed, { severity, code: "unknown-tool", path: root.at("hide").at(index).path(), message }];
  });
}

function uncoveredFinding(policy: CompiledPolicy, name: string): Finding {
  const effect =
    policy.default === "deny"
      ? "it is denied by default; list it, or hide it"
      : "it is allowed without a check; list it, hide it, or deny by default";
  return {
    severity: "warning",
    code: "uncovered-tool",
    path: "tools",
    message: `no rule covers \`${name}\`: ${effect}`,
  };
}

function schemaFindings(policy: CompiledPolicy, tools: readonly ToolDefinition[]): Finding[] {
  const entries = placedEntries(policy.document);
  const every = entries.find(({ kind }) => kind === "every");
  const common = every === undefined ? [] : placedRules(every);
  const checked = tools.flatMap((tool) => {
    const schema = inputSchemaOf(tool);
    return schema === undefined ? [] : [{ name: tool.name, schema, isStrict: policy.isStrict, common, tool }];
  });
  return entries.flatMap((entry) => {
    if (entry.kind === "every") return commonFindings(entry, checked);
    const concerned = checked.filter(({ tool }) => isConcerned(entry, policy, tool));
    return concerned.flatMap((each) => argumentFindings(entry, each));
  });
}

/** Whether the entry's rules apply to the tool; a category's rules do not apply to listed tools. */
function isConcerned(entry: PlacedEntry, policy: CompiledPolicy, tool: ToolDefinition): boolean {
  if (entry.kind === "tool") return entry.name === tool.name;
  return !policy.isListed(tool.name) && classifyTool(describeTool(tool)).category === entry.name;
}

/** Finds mistakes in rules for every tool. An unknown argument counts only when no tool has it, or when it blocks the others. */
function commonFindings(entry: PlacedEntry, tools: readonly CheckedTool[]): Finding[] {
  const byPlace = new Map<string, Repeated>();
  for (const tool of tools) {
    for (const finding of argumentFindings(entry, tool)) {
      const key = `${finding.path} ${finding.code}`;
      const { first, count } = byPlace.get(key) ?? { first: finding, count: 0 };
      byPlace.set(key, { first, count: count + 1 });
    }
  }
  return Array.from(byPlace.values())
    .filter(({ first, count }) => {
      return first.code !== "unknown-argument" || isBlocking(first) || count === tools.length;
    })
    .map(withCount);
}

/** The same finding for several tools. */
interface Repeated {
  readonly first: Finding;
  readonly count: number;
}

function isBlocking({ severity, message }: Finding): boolean {
  return severity === "error" && !message.endsWith(NEVER_DENIES);
}

function withCount({ first, count }: Repeated): Finding {
  const others = count === 1 ? "" : `; and so for ${count - 1} other ${count === 2 ? "tool" : "tools"}`;
  return { ...first, message: `${first.message}${others}` };
}
