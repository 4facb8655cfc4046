/** The parts of a tool's definition that a pin records, each as one text that the order of names does not change. */

import { isJsonArray, isJsonObject, type Json, JsonNumber } from "../json/json.ts";
import type { ToolDefinition } from "./tool-definition.ts";

export interface DigestInputs {
  /** Name and title. */
  readonly name: string;
  readonly description: string;
  /** Input and output. */
  readonly schema: string;
  readonly annotations: string;
}

/** `digest` is of the four parts together; the parts tell what has changed. */
export interface DefinitionDigests extends DigestInputs {
  readonly digest: string;
}

/** What a pin records; `digestOf` digests one text. */
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

/** What is digested; a part that the definition lacks is the text `null`. */
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

/** Names in the order of their code units; numbers as a double prints, since not every reader keeps the token. */
function canonicalText(json: Json): string {
  if (json instanceof JsonNumber) return String(Number(json.token));
  if (isJsonArray(json)) return `[${json.map(canonicalText).join(",")}]`;
  if (!isJsonObject(json)) return JSON.stringify(json);
  const members = Array.from(json).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return `{${members.map(([name, value]) => `${JSON.stringify(name)}:${canonicalText(value)}`).join(",")}}`;
}
