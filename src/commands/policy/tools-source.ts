/** Where a command takes the server's tools from: a file, a running server, or one that it starts. */

import { isJsonArray, isJsonObject, type Json } from "../../json/json.ts";
import { readDefinitions, type ToolDefinition } from "../../mcp/tool-definition.ts";
import { UNREACHABLE, WRONG } from "../cli/command.ts";
import { askServer, type ServerAddress } from "./live-server.ts";
import { readDocument } from "./read-document.ts";

export type ToolsSource = { readonly kind: "file"; readonly file: string } | ServerAddress;

/** The flags that name a source, for `readArguments`. */
export const TOOLS_FLAGS = { tools: { type: "string" }, upstream: { type: "string" } } as const;

export type ReadSource =
  | { readonly ok: true; readonly source: ToolsSource | undefined }
  | { readonly ok: false; readonly problem: string };

/** At most one source; `server` is what stood after `--`. */
export function readSource(
  { tools, upstream }: { readonly tools?: string | undefined; readonly upstream?: string | undefined },
  server: readonly string[],
): ReadSource {
  const [command, ...args] = server;
  if ([tools, upstream, command].filter((given) => given !== undefined).length > 1) {
    return { ok: false, problem: "must have one of --tools, --upstream and -- COMMAND, got several" };
  }
  if (tools !== undefined) return { ok: true, source: { kind: "file", file: tools } };
  if (command !== undefined) return { ok: true, source: { kind: "stdio", command, args } };
  if (upstream === undefined) return { ok: true, source: undefined };
  const url = URL.canParse(upstream) ? new URL(upstream) : undefined;
  if (url?.protocol !== "http:" && url?.protocol !== "https:") {
    return { ok: false, problem: `--upstream: must be an http or https URL, got "${upstream}"` };
  }
  return { ok: true, source: { kind: "http", url } };
}

export type ReadTools =
  | { readonly ok: true; readonly tools: readonly ToolDefinition[]; readonly server: string | undefined }
  | { readonly ok: false; readonly problems: readonly string[]; readonly exitCode: number };

/** The tools of a source, or why there are none. */
export async function readTools(source: ToolsSource): Promise<ReadTools> {
  if (source.kind === "file") return readToolsFile(source.file);
  const answer = await askServer(source);
  if (!answer.ok) return { ok: false, problems: [answer.problem], exitCode: UNREACHABLE };
  return { ok: true, tools: readDefinitions(answer.tools), server: answer.server };
}

function readToolsFile(file: string): ReadTools {
  const read = readDocument(file);
  if (!read.ok) return { ...read, exitCode: WRONG };
  const list = listIn(read.value);
  if (list !== undefined) return { ok: true, tools: readDefinitions(list), server: undefined };
  const expected = 'must be the answer to tools/list, { "tools": [...] }, or the list itself';
  return { ok: false, problems: [`${file}: ${expected}`], exitCode: WRONG };
}

/** The list itself, a result that holds it, or the message that holds the result. */
function listIn(json: Json | undefined): Json | undefined {
  if (isJsonArray(json)) return json;
  if (!isJsonObject(json)) return undefined;
  return json.has("result") ? listIn(json.get("result")) : listIn(json.get("tools"));
}
