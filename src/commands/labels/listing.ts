/** The labels of a server's tools, as a table, JSON or YAML. */

import type { CategoryAssignment } from "../../policy/category/category.ts";
import { classifyTool } from "../../policy/category/classify.ts";
import { MIN_LABEL_CONFIDENCE } from "../../policy/category/confidence.ts";
import type { CompiledPolicy } from "../../policy/document/compile.ts";
import { printPolicyLines } from "../../config/files/policy-lines.ts";
import { JsonNumber, type JsonObject } from "../../json/json.ts";
import { describeTool, type ToolDefinition } from "../../mcp/tool-definition.ts";
import { columns } from "../cli/columns.ts";
import { pluralize } from "../cli/command.ts";

export interface Label extends CategoryAssignment {
  readonly name: string;
}

/** The label of each tool, in the server's order; a tool that is listed twice has the label of its last description. */
export function labelTools(tools: readonly ToolDefinition[], policy: CompiledPolicy | undefined): Label[] {
  const labels = tools.map((tool): [string, Label] => {
    const assigned = policy?.forTool(tool.name).category;
    return [tool.name, { name: tool.name, ...classifyTool(describeTool(tool), assigned) }];
  });
  return Array.from(new Map(labels).values());
}

const SOURCES: Readonly<Record<CategoryAssignment["source"], string>> = {
  policy: "policy",
  annotations: "server",
  heuristic: "guess",
};

/** Lines of a table, with a summary below. */
export function labelTable(labels: readonly Label[]): string[] {
  const rows = labels.map(({ name, category, source, confidence, reason }) => {
    return [name, category, SOURCES[source], confidence.toFixed(2), reason ?? ""];
  });
  const doubtful = labels.filter(({ confidence }) => confidence < MIN_LABEL_CONFIDENCE).length;
  const advice =
    doubtful === 0 ? "" : `; ${doubtful} below ${MIN_LABEL_CONFIDENCE}: correct with --set TOOL=CATEGORY`;
  return [
    ...columns([["tool", "category", "by", "sure", "why"], ...rows], new Set([3])),
    "",
    `${pluralize(labels.length, "tool")}${advice}`,
  ];
}

/** The list as a document that `--corrections` takes back once its categories are edited. */
export function labelDocument(labels: readonly Label[], format: "json" | "yaml"): string {
  return printPolicyLines(new Map([["tools", labels.map(labelJson)]]), format);
}

function labelJson({ name, category, source, confidence, reason = "" }: Label): JsonObject {
  return new Map(
    Object.entries({ name, category, source, confidence: new JsonNumber(String(confidence)), reason }),
  );
}
