/** What an HTTP server of the modern era checks before it serves a request, and a stdio server leaves to whoever is in front of it. */

import type { OutgoingHttpHeaders } from "node:http";
import { PROTOCOL_VERSION_KEY } from "../../../mcp/message.ts";
import { memberText } from "../../../json/edit-json.ts";
import type { UpstreamResponse } from "../../upstream.ts";
import { headerMissing, metaMissing, unsupportedVersion } from "./responses.ts";
import type { ClientMessage } from "./client-message.ts";
import { type InputSchemaOf, missingHeader } from "./required-headers.ts";

const CAPABILITIES_KEY = "io.modelcontextprotocol/clientCapabilities";

export interface ModernServer {
  /** Revisions that it offers. */
  readonly versions: readonly string[];
  readonly inputSchemaOf: InputSchemaOf;
}

/** The answer to a request that it does not serve; undefined for one that it does. */
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
