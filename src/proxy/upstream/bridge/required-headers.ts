/** Headers that a server of the modern era asks for, since they repeat what its message says. */

import type { OutgoingHttpHeaders } from "node:http";
import type { JsonObject } from "../../../json/json.ts";
import { declaredPaths, NAME_SOURCES, PARAM_PREFIX } from "../../../mcp/mcp-headers.ts";
import { memberText } from "../../../json/edit-json.ts";
import type { ClientMessage } from "./client-message.ts";

/** Of the tool of that name; undefined before the server has listed it. */
export type InputSchemaOf = (tool: string) => JsonObject | undefined;

/** The first one that is missing; whether those that are there say the truth was seen before. */
export function missingHeader(
  message: ClientMessage,
  headers: OutgoingHttpHeaders,
  inputSchemaOf: InputSchemaOf,
): string | undefined {
  const { method = "", text } = message;
  const required = ["mcp-protocol-version", "mcp-method"];
  const source = NAME_SOURCES.get(method);
  const name = source === undefined ? undefined : memberText(text, ["params", source]);
  if (name !== undefined) required.push("mcp-name");
  if (name !== undefined && method === "tools/call")
    required.push(...paramHeaders(text, name, inputSchemaOf));
  return required.find((header) => headers[header] === undefined);
}

/** Those of the arguments that the tool declares as headers, and that this call gives. */
function paramHeaders(text: string, name: string, inputSchemaOf: InputSchemaOf): readonly string[] {
  const tool: unknown = JSON.parse(name);
  const schema = typeof tool === "string" ? inputSchemaOf(tool) : undefined;
  if (schema === undefined) return [];
  const declared = [...declaredPaths(schema)];
  const given = declared.filter(([, path]) => {
    const value = memberText(text, ["params", "arguments", ...path]);
    return value !== undefined && value !== "null";
  });
  return given.map(([header]) => PARAM_PREFIX + header);
}
