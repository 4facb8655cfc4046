/** A tool as the server's tools/list defines it: the server's word, not a fact. */

import { isJsonArray, isJsonObject, type Json, type JsonObject } from "../json/json.ts";

export interface ToolDefinition {
  readonly name: string;
  /** The whole element of the list, `name` included. */
  readonly json: JsonObject;
}

/** What a category is guessed from. */
export interface ToolDescription {
  readonly name: string;
  readonly description?: string | undefined;
  /** `annotations` as found; hints that are no booleans are ignored. */
  readonly annotations?: unknown;
  /** Names of the top-level arguments. */
  readonly argumentNames?: readonly string[] | undefined;
}

/** The tools of a list; what has no name is left out. */
export function readDefinitions(tools: Json | undefined): ToolDefinition[] {
  if (!isJsonArray(tools)) return [];
  return tools.flatMap((json) => {
    const name = isJsonObject(json) ? json.get("name") : undefined;
    return isJsonObject(json) && typeof name === "string" ? [{ name, json }] : [];
  });
}

/** Undefined for a tool that has none. */
export function inputSchemaOf({ json }: ToolDefinition): JsonObject | undefined {
  const schema = json.get("inputSchema");
  return isJsonObject(schema) ? schema : undefined;
}

export function describeTool(tool: ToolDefinition): ToolDescription {
  const description = tool.json.get("description");
  const annotations = tool.json.get("annotations");
  const properties = inputSchemaOf(tool)?.get("properties");
  return {
    name: tool.name,
    ...(typeof description === "string" && { description }),
    ...(isJsonObject(annotations) && { annotations: booleansOf(annotations) }),
    ...(isJsonObject(properties) && { argumentNames: Array.from(properties.keys()) }),
  };
}

function booleansOf(annotations: JsonObject): Record<string, boolean> {
  return Object.fromEntries(
    Array.from(annotations).filter((entry): entry is [string, boolean] => typeof entry[1] === "boolean"),
  );
}
