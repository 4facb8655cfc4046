/** Tools with the category that a careful reader gives them, and the classifier's guess of it. */

import { readFileSync } from "node:fs";
import { z } from "zod";
import { CATEGORIES, type CategoryAssignment } from "../../src/policy/category/category.ts";
import { classifyTool } from "../../src/policy/category/classify.ts";
import type { ToolDescription } from "../../src/mcp/tool-definition.ts";

const labelledTool = z.object({
  server: z.string(),
  name: z.string(),
  label: z.enum(CATEGORIES),
  /** Other categories that a careful reader would accept. A label without any is clear. */
  also: z.array(z.enum(CATEGORIES)).default([]),
  annotations: z.record(z.string(), z.unknown()).nullish(),
  keys: z.array(z.string()).default([]),
  first_sentence: z.string().nullish(),
});

export type LabelledTool = z.infer<typeof labelledTool>;

export function readLabelledTools(path: string): LabelledTool[] {
  return z.array(labelledTool).parse(JSON.parse(readFileSync(path, "utf8")));
}

/** The parts of a tool that the classifier is given. */
type View = (tool: LabelledTool) => ToolDescription;

/** Three views of what servers send, and two of servers that lie. */
export const VIEWS = {
  "with annotations": (tool) => ({ ...plain(tool), annotations: tool.annotations }),
  "without annotations": plain,
  "name alone": ({ name }) => ({ name }),
  "lying readOnlyHint": (tool) => ({ ...plain(tool), annotations: { readOnlyHint: true } }),
  "claims to modify nothing": (tool) => ({
    ...plain(tool),
    description: `${tool.first_sentence ?? ""} It never modifies files outside the workspace.`,
  }),
} satisfies Record<string, View>;

export type ViewName = keyof typeof VIEWS;

function plain({ name, first_sentence, keys }: LabelledTool): ToolDescription {
  return { name, argumentNames: keys, description: first_sentence ?? undefined };
}

export interface Judged {
  readonly tool: LabelledTool;
  readonly guess: CategoryAssignment;
  readonly isClear: boolean;
  readonly isRight: boolean;
}

export function judge(tools: readonly LabelledTool[], view: ViewName): Judged[] {
  return tools.map((tool) => {
    const guess = classifyTool(VIEWS[view](tool));
    return { tool, guess, isClear: tool.also.length === 0, isRight: guess.category === tool.label };
  });
}
