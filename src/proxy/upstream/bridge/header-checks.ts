/** Checks the headers of a request, as the HTTP server in front of a stdio server must. */

import type { OutgoingHttpHeaders } from "node:http";
import { memberText } from "../../../json/edit-json.ts";
import type { JsonObject } from "../../../json/json.ts";
import { declaredPaths, NAME_SOURCES, PARAM_PREFIX } from "../../../mcp/mcp-headers.ts";
import { PROTOCOL_VERSION_KEY } from "../../../mcp/message.ts";
import type { UpstreamResponse } from "../../upstream.ts";
import type { ClientMessage } from "./client-message.ts";
import { headerMissing, metaMissing, unsupportedVersion } from "./responses.ts";

export interface AcceptedTypes {
  readonly json: boolean;
  readonly stream: boolean;
}

/** The body types that the client accepts: both when it sends no `Accept` header. */
export function acceptedTypes(headers: OutgoingHttpHeaders): AcceptedTypes {
  const accept = (singleHeader(headers, "accept") ?? "*/*").toLowerCase();
  const takesAll = accept.includes("*/*");
  const stream = takesAll || accept.includes("text/event-stream");
  return { stream, json: takesAll || !stream || /application\/(?:json|\*)/.test(accept) };
}

/** The value of a header that the downstream listener accepts at most once. */
export function singleHeader(headers: OutgoingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return typeof value === "string" ? value : undefined;
}

/** The input schema of the tool of that name; undefined before the server has listed it. */
export type InputSchemaOf = (tool: string) => JsonObject | undefined;

export interface ModernServer {
  /** The protocol versions that the server supports. */
  readonly versions: readonly string[];
  readonly inputSchemaOf: InputSchemaOf;
}

const CAPABILITIES_KEY = "io.modelcontextprotocol/clientCapabilities";

/** The error response to a modern request that lacks required headers or `_meta` members; undefined for a good request. */
export function checkModernRequest(
  message: ClientMessage,
  headers: OutgoingHttpHeaders,
  { versions, inputSchemaOf }: ModernServer,
): UpstreamResponse | undefined {
  const { id, version, text } = message;
  if (version === undefined) return metaMissing(PROTOCOL_VERSION_KEY, id);
  if (!versions.includes(version)) return unsupportedVersion(versions, version, id);
  const header = missingHeader(message, headers, inputSchemaOf);
  if (header !== undefined) return headerMissing(header, id);
  const capabilities = memberText(text, ["params", "_meta", CAPABILITIES_KEY]);
  return capabilities === undefined ? metaMissing(CAPABILITIES_KEY, id) : undefined;
}

/** The first required header that is absent. The downstream listener has compared those that are present with the body. */
function missingHeader(
  { method = "", text }: ClientMessage,
  headers: OutgoingHttpHeaders,
  inputSchemaOf: InputSchemaOf,
): string | undefined {
  const required = ["mcp-protocol-version", "mcp-method"];
  const source = NAME_SOURCES.get(method);
  const name = source === undefined ? undefined : memberText(text, ["params", source]);
  if (name !== undefined) required.push("mcp-name");
  if (name !== undefined && method === "tools/call")
    required.push(...parameterHeaders(text, name, inputSchemaOf));
  return required.find((header) => headers[header] === undefined);
}

/** The headers that the tool's schema declares for arguments that this call passes. */
function parameterHeaders(text: string, name: string, inputSchemaOf: InputSchemaOf): readonly string[] {
  const tool: unknown = JSON.parse(name);
  const schema = typeof tool === "string" ? inputSchemaOf(tool) : undefined;
  if (schema === undefined) return [];
  const passed = [...declaredPaths(schema)].filter(([, path]) => {
    const value = memberText(text, ["params", "arguments", ...path]);
    return value !== undefined && value !== "null";
  });
  return passed.map(([header]) => PARAM_PREFIX + header);
}
