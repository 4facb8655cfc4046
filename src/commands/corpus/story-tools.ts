/** A story may name a file with the server's tools in place of their list. */

import { isJsonObject, type Json, type JsonObject } from "../../json/json.ts";
import { describeTool, inputSchemaOf, type ToolDefinition } from "../../mcp/tool-definition.ts";

/** Puts the tools of a file in place of its path; `read` reads the file. Returns any other story as it is. */
export function inlineTools(story: Json, read: (path: string) => readonly ToolDefinition[]): Json {
  const path = isJsonObject(story) ? story.get("tools") : undefined;
  if (!isJsonObject(story) || typeof path !== "string") return story;
  return new Map([...story, ["tools", read(path).map(storyTool)]]);
}

/** The definition of a tool in the form of stories. */
function storyTool(definition: ToolDefinition): JsonObject {
  const { name, description, argumentNames, annotations } = describeTool(definition);
  const inputSchema = inputSchemaOf(definition);
  return new Map<string, Json>([
    ["name", name],
    ...(description === undefined ? [] : ([["description", description]] satisfies [string, Json][])),
    ...(argumentNames === undefined ? [] : ([["arguments", argumentNames]] satisfies [string, Json][])),
    ["annotations", new Map(Object.entries(booleansIn(annotations)))],
    ...(inputSchema === undefined ? [] : ([["inputSchema", inputSchema]] satisfies [string, Json][])),
  ]);
}

function booleansIn(annotations: unknown): Record<string, boolean> {
  const entries = Object.entries(Object(annotations ?? {}));
  return Object.fromEntries(
    entries.filter((entry): entry is [string, boolean] => typeof entry[1] === "boolean"),
  );
}
