/** Remarks beside an explanation of `tollgate policy explain`. */

import type { ToolDefinition } from "../../mcp/tool-definition.ts";
import type { Call } from "../../policy/decision.ts";
import type { CompiledPolicy } from "../../policy/document/compile.ts";
import { mayValidate } from "../../policy/document/document.ts";
import { didYouMean } from "../../policy/schema/did-you-mean.ts";

/** Returns the remarks of an explanation: what it was made without, and names that are near others. */
export function notesOf(
  policy: CompiledPolicy,
  { tool, args }: Call,
  tools: readonly ToolDefinition[] | undefined,
): string[] {
  const names = tools?.map(({ name }) => name);
  const isUnknown = names?.includes(tool) === false;
  return [
    ...(args.size === 0 ? ["decided as a call without arguments; give them with --args"] : []),
    ...(tools === undefined && mayValidate(policy.document)
      ? ["the arguments were not held against the tool's schema: give --tools, --upstream or -- COMMAND"]
      : []),
    ...(isUnknown ? [unlistedTool(tool, names ?? [])] : []),
    ...(tools === undefined ? unnamedTool(tool, policy) : []),
  ];
}

/** Says that the server does not list the tool, and which it may be. */
export function unlistedTool(tool: string, names: readonly string[]): string {
  return `the server lists no tool \`${tool}\`${didYouMean(tool, names)}`;
}

/** A tool that the policy does not name, but whose name is near one that it names. */
function unnamedTool(tool: string, policy: CompiledPolicy): string[] {
  const suggestion = didYouMean(tool, policy.document.tools?.keys() ?? []);
  const isNamed = policy.forTool(tool).key !== undefined;
  return isNamed || suggestion === "" ? [] : [`the policy names no tool \`${tool}\`${suggestion}`];
}
