/** Generates a starter policy for a server's tools: an entry by category for each, with a reason. */

import { policyDigest } from "../../config/files/policy-file.ts";
import type { Category, CategoryAssignment } from "../../policy/category/category.ts";
import { classifyTool } from "../../policy/category/classify.ts";
import { describeTool, digestDefinition, type ToolDefinition } from "../../mcp/tool-definition.ts";
import { MIN_LABEL_CONFIDENCE } from "../../policy/category/confidence.ts";
import { isJsonObject, type Json, JsonNumber, type JsonObject } from "../../json/json.ts";

/** A starter policy before it is written as JSON or YAML. */
export interface StarterPolicy {
  /** Lines at the top of the policy. */
  readonly header: readonly string[];
  readonly hidden: readonly StarterTool[];
  readonly listed: readonly StarterTool[];
}

/** A tool with its entry in the starter policy. */
export interface StarterTool {
  readonly name: string;
  readonly assignment: CategoryAssignment;
  /** The reason for the entry, in one sentence. */
  readonly why: string;
  /** The tool's entry without `description`. */
  readonly entry: JsonObject;
}

export interface StarterOptions {
  /** The server's name in the header. */
  readonly server: string;
  readonly isPinned: boolean;
}

interface CategoryLimit {
  readonly counter: string;
  readonly max: number;
  readonly window: string;
  readonly why: string;
}

/** One limit per category and agent, shared by all tools of the category. Destructive tools are hidden instead. */
const CATEGORY_LIMITS: Readonly<Record<Exclude<Category, "destructive">, CategoryLimit>> = {
  read: {
    counter: "reads",
    max: 120,
    window: "minute",
    why: "reads often come in bursts, and loops must end",
  },
  write: {
    counter: "writes",
    max: 30,
    window: "minute",
    why: "a wrong write is repeated 30 times a minute at most",
  },
  execute: {
    counter: "executions",
    max: 10,
    window: "minute",
    why: "it runs what the agent says, so it stays rare",
  },
  financial: {
    counter: "payments",
    max: 5,
    window: "hour",
    why: 'it moves money: think of "action": "approve"',
  },
  unknown: {
    counter: "unclassified",
    max: 10,
    window: "minute",
    why: "its effect is not known, so it stays rare",
  },
};

const ORDER: readonly Category[] = ["read", "write", "execute", "financial", "unknown", "destructive"];

/** The policy with tools ordered by category, read first; a tool that is listed twice appears once. */
export function starterPolicy(
  tools: readonly ToolDefinition[],
  { server, isPinned }: StarterOptions,
): StarterPolicy {
  const distinct = Array.from(new Map(tools.map((tool) => [tool.name, tool])).values());
  const starters = distinct.map((tool) => starterTool(tool, isPinned));
  const sorted = starters.toSorted((one, other) => rank(one) - rank(other));
  return {
    header: headerOf(server),
    hidden: sorted.filter(({ assignment }) => assignment.category === "destructive"),
    listed: sorted.filter(({ assignment }) => assignment.category !== "destructive"),
  };
}

function rank({ assignment }: StarterTool): number {
  return ORDER.indexOf(assignment.category);
}

function headerOf(server: string): string[] {
  return [
    `A starter policy for ${printable(server)}, made by tollgate policy init from the server's own tools/list.`,
    "Tools that are not listed are denied. Destructive tools are hidden. Every other tool has its category's budget,",
    "which all tools of the category share, for each agent. Read each line, and tighten what you can.",
  ];
}

// Security: the server chose its name; it must not add a line to the policy.
function printable(server: string): string {
  return server.replaceAll(/[^\w .,:/@()-]/g, "?").slice(0, 120);
}

function starterTool(tool: ToolDefinition, isPinned: boolean): StarterTool {
  const assignment = classifyTool(describeTool(tool));
  const { category } = assignment;
  const origin = `${originOf(assignment)}${overruledHint(tool, assignment)}`;
  if (category === "destructive") {
    return { name: tool.name, assignment, why: `${category} ${origin}: hidden`, entry: new Map() };
  }
  const treatment = CATEGORY_LIMITS[category];
  const why = `${category} ${origin}: ${treatment.why}`;
  const entry = new Map<string, Json>([
    ["category", category],
    ...(category === "read" ? [] : ([["arguments", "validate"]] satisfies [string, Json][])),
    ["limits", [limitOf(treatment)]],
    ...(isPinned ? ([["pin", pinOf(tool)]] satisfies [string, Json][]) : []),
  ]);
  return { name: tool.name, assignment, why, entry };
}

/** Whether the category is a weak guess: metrics show it as `unknown`, and a person should assign one. */
export function needsCategory({ assignment }: StarterTool): boolean {
  return assignment.confidence < MIN_LABEL_CONFIDENCE;
}

function originOf({ source, confidence }: CategoryAssignment): string {
  if (confidence < MIN_LABEL_CONFIDENCE) return `by a weak guess (${confidence}), check it`;
  return source === "annotations" ? "by the server's own annotations" : "by its name and description";
}

/** Says why a readOnlyHint of the server was overruled; empty when it was not. */
function overruledHint(tool: ToolDefinition, { category, reason }: CategoryAssignment): string {
  const annotations = tool.json.get("annotations");
  const isOverruled =
    isJsonObject(annotations) && annotations.get("readOnlyHint") === true && category !== "read";
  return isOverruled ? `, although the server says that it only reads (${reason})` : "";
}

function limitOf({ counter, window, max }: CategoryLimit): JsonObject {
  return new Map<string, Json>([
    ["counter", counter],
    ["window", window],
    ["max", new JsonNumber(String(max))],
    ["scope", "grant"],
    ["shared", true],
  ]);
}

/** Digests of the current definition; a change denies, since a server may replace a tool under its name. */
function pinOf(tool: ToolDefinition): JsonObject {
  const digests = digestDefinition(tool, (text) => policyDigest(Buffer.from(text)));
  return new Map<string, Json>([["on_change", "deny"], ...Object.entries(digests)]);
}
