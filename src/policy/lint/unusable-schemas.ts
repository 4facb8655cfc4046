/** Finds tools whose arguments shall be validated and cannot be held against their inputSchema. */

import { validatorOf } from "../arguments/schema-pool.ts";
import { classifyTool } from "../category/classify.ts";
import type { CompiledPolicy } from "../document/compile.ts";
import { argumentsRule } from "../policy.ts";
import { describeTool, inputSchemaOf, type ToolDefinition } from "../../mcp/tool-definition.ts";
import { documentRoot, type Finding } from "./finding.ts";

/** Compiles the schema of every tool whose arguments the policy validates: without it every call is denied. */
export function unusableSchemaFindings(policy: CompiledPolicy, tools: readonly ToolDefinition[]): Finding[] {
  return tools.flatMap((tool): Finding[] => {
    const { category } = classifyTool(describeTool(tool), policy.categoryOf(tool.name));
    const entries = policy.forTool(tool.name).entriesFor(category);
    const { check, pointer } = argumentsRule(policy, entries);
    const problem = check === "validate" ? problemOf(tool) : undefined;
    if (problem === undefined) return [];
    const remedy = 'every call is denied; set "arguments": "observe" for this tool';
    const message = `the input schema of \`${tool.name}\` ${problem}: ${remedy}`;
    return [{ severity: "error", code: "unusable-schema", path: pathOf(pointer), message }];
  });
}

function problemOf(tool: ToolDefinition): string | undefined {
  const schema = inputSchemaOf(tool);
  if (schema === undefined) return "is missing";
  const compiled = validatorOf(schema);
  return compiled.ok ? undefined : compiled.problem;
}

/** `/tools/a/arguments` as a path of the document: `tools.a.arguments`. */
function pathOf(pointer: string): string {
  const segments = pointer.slice(1).split("/");
  const names = segments.map((segment) => segment.replaceAll("~1", "/").replaceAll("~0", "~"));
  return names.reduce((place, name) => place.at(name), documentRoot()).path();
}
