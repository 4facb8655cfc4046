/** The question which era a stdio server speaks, as dual-era clients ask it, and how its answer is understood. */

import { isJsonArray, isJsonObject, type Json } from "../../../json/json.ts";
import { readJson } from "../../../json/read-json.ts";
import { CLIENT_INFO_KEY, eraOf, PROTOCOL_VERSION_KEY } from "../../../mcp/message.ts";
import { type ClientMessage, readClientMessage } from "./client-message.ts";

const ASKED_VERSION = "2026-07-28";

/** `server/discover`, in our own name. */
export function discoverRequest(version: string): ClientMessage {
  const meta = {
    [PROTOCOL_VERSION_KEY]: ASKED_VERSION,
    [CLIENT_INFO_KEY]: { name: "tollgate", version },
    "io.modelcontextprotocol/clientCapabilities": {},
  };
  const params = { _meta: meta };
  return readClientMessage(JSON.stringify({ jsonrpc: "2.0", id: 0, method: "server/discover", params }));
}

/** The modern revisions that the answer offers: as its result, or in an error that names what is supported. */
export function supportedVersions(text: string): readonly string[] {
  const read = readJson(text);
  if (!read.ok) return [];
  const offered =
    at(read.value, "result", "supportedVersions") ?? at(read.value, "error", "data", "supported");
  return isJsonArray(offered) ? offered.filter(isModernVersion) : [];
}

function isModernVersion(version: Json): version is string {
  return typeof version === "string" && eraOf(version) === "modern";
}

function at(value: Json | undefined, ...path: readonly string[]): Json | undefined {
  return path.reduce((node, name) => (isJsonObject(node) ? node.get(name) : undefined), value);
}
