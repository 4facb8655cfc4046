/** Compares a policy with the server's tools/list: unknown names, uncovered tools, wrong arguments. */

import { argumentFindings } from "./argument-findings.ts";
import { type CheckedTool, NEVER_DENIES } from "./checked-tool.ts";
import { classifyTool } from "../category/classify.ts";
import type { CompiledPolicy } from "../document/compile.ts";
import { documentRoot, type Finding, type PlacedEntry, placedEntries, placedRules } from "./finding.ts";
import { parseNamePattern } from "../names/pattern.ts";
import { rulePointer } from "../pointer.ts";
import { argumentsRule } from "../policy.ts";
import { listWords } from "../schema/schema.ts";
import { didYouMean, nearestName } from "../schema/did-you-mean.ts";
import { describeTool, inputSchemaOf, type ToolDefinition } from "../../mcp/tool-definition.ts";

export interface Coverage {
  /** Names and patterns in the policy that no tool has. */
  readonly unknown: readonly string[];
  /** Tools that the policy neither lists nor hides, and that no category's entry allows. */
  readonly uncovered: readonly string[];
  /** Findings about both, and about rules that the tools' schemas contradict. */
  readonly findings: readonly Finding[];
}

/** Compares the two. An empty list of tools gives no findings, since the server may not have answered yet. */
export function comparePolicyWithTools(policy: CompiledPolicy, tools: readonly ToolDefinition[]): Coverage {
  if (tools.length === 0) return { unknown: [], uncovered: [], findings: [] };
  const names = new Set(tools.map(({ name }) => name));
  const unknown = keysOf(policy).filter((key) => !isMet(key, names));
  const uncovered = uncoveredTools(policy, tools);
  const findings = [
    ...unknownFindings(policy, unknown, names),
    ...tiedFindings(policy, names),
    ...uncovered.map((name) => uncoveredFinding(policy, name)),
    ...schemaFindings(policy, tools),
  ];
  return { unknown, uncovered, findings };
}

// Security: the server chooses how many tools it lists, and each pattern is tried on every name.
const MAX_MATCHED_NAMES = 10_000;

/** Names and patterns under `tools` and `hide`, each once. */
function keysOf({ document }: CompiledPolicy): string[] {
  const keys = new Set([...(document.tools?.keys() ?? []), ...(document.hide ?? [])]);
  // A whole list that is hidden is hidden, however long it is.
  keys.delete("*");
  return Array.from(keys);
}

function isMet(key: string, names: ReadonlySet<string>): boolean {
  const pattern = parseNamePattern(key);
  if (pattern.name !== undefined) return names.has(pattern.name);
  return names.size > MAX_MATCHED_NAMES || Array.from(names).some(pattern.matches);
}

/** Tools that the policy does not hide, and that no entry of theirs or of their category allows. */
function uncoveredTools(policy: CompiledPolicy, tools: readonly ToolDefinition[]): string[] {
  const names = tools
    .filter((tool) => {
      const { key, tied, entriesFor, hidingFor } = policy.forTool(tool.name);
      if (key !== undefined || tied.length > 0) return false;
      const { category } = classifyTool(describeTool(tool));
      const isCategorized = entriesFor(category).some((entry) => entry !== policy.everyTool);
      // An entry of a category lists no tool: default deny denies its tools.
      const isCovered = isCategorized && policy.default === "allow";
      return !isCovered && hidingFor(category) === undefined;
    })
    .map(({ name }) => name);
  return Array.from(new Set(names));
}

/** Finds tools for which several patterns are equally specific. */
function tiedFindings(policy: CompiledPolicy, names: ReadonlySet<string>): Finding[] {
  return Array.from(names).flatMap((name): Finding[] => {
    const { tied } = policy.forTool(name);
    const [first = "", ...others] = tied;
    if (others.length === 0) return [];
    const path = documentRoot().at("tools").at(first).path();
    const patterns = listWords(
      tied.map((key) => JSON.stringify(key)),
      "and",
    );
    const message = `${patterns} are equally specific for \`${name}\`, so that it is denied: make one more specific, or list the name`;
    return [{ severity: "error", code: "ambiguous-pattern", path, message }];
  });
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
    if (parseNamePattern(name).name === undefined) return unmatchedFindings(policy, name);
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

/** Findings about a pattern, at each place that has it. */
function unmatchedFindings({ document: { tools, hide = [] } }: CompiledPolicy, pattern: string): Finding[] {
  const root = documentRoot();
  const places = [
    ...(tools?.has(pattern) === true ? [root.at("tools").at(pattern)] : []),
    ...(hide.includes(pattern) ? [root.at("hide").at(hide.indexOf(pattern))] : []),
  ];
  const message = `the pattern \`${pattern}\` matches no tool of the server`;
  return places.map((place) => {
    return { severity: "warning", code: "unmatched-pattern", path: place.path(), message };
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
    if (schema === undefined) return [];
    const { name } = tool;
    return [
      { name, schema, isStrict: policy.isStrict, isValidated: isValidated(policy, tool), common, tool },
    ];
  });
  return entries.flatMap((entry) => {
    if (entry.kind === "every") return commonFindings(entry, checked);
    const concerned = checked.filter(({ tool }) => isConcerned(entry, policy, tool));
    return concerned.flatMap((each) => argumentFindings(entry, each));
  });
}

function isValidated(policy: CompiledPolicy, tool: ToolDefinition): boolean {
  const { category, entriesFor } = policy.forTool(tool.name);
  const assigned = classifyTool(describeTool(tool), category).category;
  return argumentsRule(policy, entriesFor(assigned)).check === "validate";
}

/** Whether the entry's rules apply to the tool. */
function isConcerned({ kind, name }: PlacedEntry, policy: CompiledPolicy, tool: ToolDefinition): boolean {
  const { key, category, categoryBy, entriesFor } = policy.forTool(tool.name);
  if (kind === "tool") return key === name;
  const assigned = classifyTool(describeTool(tool), category).category;
  return [assigned, ...(categoryBy?.categories ?? [])].some(
    (each) =>
      each === name && entriesFor(each).some(({ pointer }) => pointer === rulePointer("categories", name)),
  );
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
