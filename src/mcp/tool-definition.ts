/** Tool definitions of the server's tools/list: claims of the server, not facts. */

import { isJsonArray, isJsonObject, type Json, JsonNumber, type JsonObject } from "../json/json.ts";

export interface ToolDefinition {
  readonly name: string;
  /** The whole element of the list, `name` included. */
  readonly json: JsonObject;
}

/** The parts of a definition from which a category is guessed. */
export interface ToolDescription {
  readonly name: string;
  readonly description?: string | undefined;
  /** `annotations` as the server sent them; hints that are not booleans are ignored. */
  readonly annotations?: unknown;
  /** Names of the top-level arguments. */
  readonly argumentNames?: readonly string[] | undefined;
}

/** Reads the tools of a list, and skips elements without a name. */
export function readDefinitions(tools: Json | undefined): ToolDefinition[] {
  if (!isJsonArray(tools)) return [];
  return tools.flatMap((json) => {
    const name = isJsonObject(json) ? json.get("name") : undefined;
    return isJsonObject(json) && typeof name === "string" ? [{ name, json }] : [];
  });
}

/** Returns the input schema; undefined when the tool has none. */
export function inputSchemaOf({ json }: ToolDefinition): JsonObject | undefined {
  const schema = json.get("inputSchema");
  return isJsonObject(schema) ? schema : undefined;
}

/** Reads the parts of a definition from which a category is guessed. */
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

export interface DigestInputs {
  /** Name and title. */
  readonly name: string;
  readonly description: string;
  /** Input and output. */
  readonly schema: string;
  readonly annotations: string;
}

/** Digests of a definition: `digest` covers the four parts together, and each part has its own. */
export interface DefinitionDigests extends DigestInputs {
  readonly digest: string;
}

/** Digests a tool's definition for a pin; `digestOf` digests one text. */
export function digestDefinition(
  tool: ToolDefinition,
  digestOf: (text: string) => string,
): DefinitionDigests {
  const { name, description, schema, annotations } = digestInputs(tool);
  return {
    digest: digestOf([name, description, schema, annotations].join("\n")),
    name: digestOf(name),
    description: digestOf(description),
    schema: digestOf(schema),
    annotations: digestOf(annotations),
  };
}

/** The texts that are digested; `null` for a part that the definition does not have. */
export function digestInputs({ json }: ToolDefinition): DigestInputs {
  const textOf = (...names: readonly string[]): string =>
    names.map((name) => canonicalText(json.get(name) ?? null)).join("\n");
  return {
    name: textOf("name", "title"),
    description: textOf("description"),
    schema: textOf("inputSchema", "outputSchema"),
    annotations: textOf("annotations"),
  };
}

/** Prints JSON with names in code unit order, and numbers as a double prints, since not every reader keeps the token. */
function canonicalText(json: Json): string {
  if (json instanceof JsonNumber) return String(Number(json.token));
  if (isJsonArray(json)) return `[${json.map(canonicalText).join(",")}]`;
  if (!isJsonObject(json)) return JSON.stringify(json);
  const members = Array.from(json).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return `{${members.map(([name, value]) => `${JSON.stringify(name)}:${canonicalText(value)}`).join(",")}}`;
}
