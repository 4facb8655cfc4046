/** Loads a server's tools from a file, a running server, or a server that the command starts. */

import { isJsonArray, isJsonObject, type Json } from "../../json/json.ts";
import { readDefinitions, type ToolDefinition } from "../../mcp/tool-definition.ts";
import { type CommandIo, EXIT_UNAVAILABLE, EXIT_FAILED } from "../cli/command.ts";
import { withProgress } from "../cli/progress.ts";
import { listServerTools, type ServerAddress } from "./live-server.ts";
import { readDocument } from "./read-document.ts";

/** A file with a tools/list result, or a server. */
export type ToolsSource = { readonly kind: "file"; readonly file: string } | ServerAddress;

/** Flags that name a source, for `readArguments`. */
export const TOOLS_FLAGS = { tools: { type: "string" }, upstream: { type: "string" } } as const;

export type SourceResult =
  | { readonly ok: true; readonly source: ToolsSource | undefined }
  | { readonly ok: false; readonly problem: string };

/** The source that the flags or `server`, the command line after `--`, name; undefined without one. */
export function parseToolsSource(
  { tools, upstream }: { readonly tools?: string | undefined; readonly upstream?: string | undefined },
  server: readonly string[],
): SourceResult {
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

export type ToolsResult =
  | { readonly ok: true; readonly tools: readonly ToolDefinition[]; readonly server: string | undefined }
  | { readonly ok: false; readonly problems: readonly string[]; readonly exitCode: number };

/** The tools of a source, or its problems. While a server does not answer, a terminal shows that. */
export async function loadTools(source: ToolsSource, { stderr }: CommandIo): Promise<ToolsResult> {
  if (source.kind === "file") return loadToolsFile(source.file);
  const listed = await withProgress(
    stderr,
    () => "waiting for the tools of the server",
    () => listServerTools(source),
  );
  if (!listed.ok) return { ok: false, problems: [listed.problem], exitCode: EXIT_UNAVAILABLE };
  return { ok: true, tools: readDefinitions(listed.tools), server: listed.server };
}

/** The tools of a file with a tools/list result, or its problems. */
export function loadToolsFile(file: string): ToolsResult {
  const read = readDocument(file);
  if (!read.ok) return { ...read, exitCode: EXIT_FAILED };
  const list = toolListIn(read.value);
  if (list !== undefined) return { ok: true, tools: readDefinitions(list), server: undefined };
  const expected = 'must be a tools/list result, { "tools": [...] }, or the list itself';
  return { ok: false, problems: [`${file}: ${expected}`], exitCode: EXIT_FAILED };
}

/** The list in a JSON-RPC response, in a result, or the list itself; undefined in other JSON. */
function toolListIn(json: Json | undefined): Json | undefined {
  if (isJsonArray(json)) return json;
  if (!isJsonObject(json)) return undefined;
  return json.has("result") ? toolListIn(json.get("result")) : toolListIn(json.get("tools"));
}
