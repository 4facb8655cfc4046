/** `tollgate policy explain`: explains the decision for one call. */

import { readPolicyFile } from "../../config/files/policy-file.ts";
import { CATEGORIES, type Category, type CategoryAssignment } from "../../policy/category/category.ts";
import { classifyTool } from "../../policy/category/classify.ts";
import type { CompiledPolicy } from "../../policy/document/compile.ts";
import type { Caller } from "../../policy/caller.ts";
import { callerOf, parseObject } from "./explain-caller.ts";
import type { Call } from "../../policy/decision.ts";
import { listingOf } from "../../policy/listing.ts";
import { protectedNames } from "../../json/confusable-names.ts";
import type { JsonObject } from "../../json/json.ts";
import { listWords } from "../../policy/schema/schema.ts";
import { describeTool, inputSchemaOf, type ToolDefinition } from "../../mcp/tool-definition.ts";
import { adviceFor } from "../../policy/explain/advice.ts";
import {
  EXIT_OK,
  failWith,
  FORMAT_FLAG,
  formatProblem,
  policyCommand,
  type CommandIo,
  readArguments,
  writeLines,
  writeJson,
} from "../cli/command.ts";
import { instantOf } from "../../policy/guards/instant.ts";
import { assignmentOfCall, withoutArgumentChecks } from "../../policy/policy.ts";
import { explainCall, type Explanation, type Step } from "../../policy/explain/steps.ts";
import { notesOf, unlistedTool } from "./explain-notes.ts";
import { parseToolsSource, loadTools, TOOLS_FLAGS, type ToolsSource } from "./tools-source.ts";

const HELP = `Usage: tollgate policy explain FILE --tool NAME [flags]

Explains the decision of a policy for one call, step by step, and how a denied call could pass. Counters start empty:
a limit denies here only a call that exceeds it alone.

  --tool NAME            the tool that is called
  --args JSON            its arguments, an object ({})
  --agent NAME           the calling agent (anonymous)
  --user NAME            the user on whose behalf it acts
  --claims JSON          the claims of its token, an object, with its groups and scopes
  --source WORD          the source of its identity, such as jwt or api_key; --address IP for its address
  --time TIME            when it comes, such as 2026-01-31T09:00:00Z (now)
  --category CATEGORY    its category, instead of the one that name and description suggest
  --tools FILE           a tools/list result: its schemas check the arguments, its descriptions set the category
  --upstream URL         ask this server instead; or -- COMMAND [ARG...] over stdio
  --unlisted             explain a tool that the server does not list, too
  --format text|json     for people or for programs (text)
  --help                 this text

Examples: tollgate policy explain policy.json --tool delete_repo --args '{"name":"x"}' --agent nightly
          tollgate policy explain policy.json --tool search --tools tools.json
Exit codes: 0 explained, whatever the decision; 1 bad policy or no such tool; 64 bad usage; 69 no server.
`;

const OPTIONS = {
  ...TOOLS_FLAGS,
  tool: { type: "string" },
  args: { type: "string", default: "{}" },
  agent: { type: "string", default: "anonymous" },
  user: { type: "string" },
  claims: { type: "string" },
  source: { type: "string" },
  address: { type: "string" },
  time: { type: "string" },
  category: { type: "string" },
  unlisted: { type: "boolean", default: false },
  format: FORMAT_FLAG,
} as const;

interface ExplainRequest {
  readonly file: string;
  readonly tool: string;
  readonly caller: Caller;
  readonly args: JsonObject;
  readonly category: Category | undefined;
  readonly source: ToolsSource | undefined;
  readonly isUnlisted: boolean;
  readonly isJson: boolean;
}

export const EXPLAIN_COMMAND = policyCommand({
  name: "explain",
  summary: "the decision for one call, and why",
  help: HELP,
  parse: parseRequest,
  execute: explain,
});

function parseRequest(argv: readonly string[]): ExplainRequest | string[] {
  const read = readArguments(argv, OPTIONS);
  if (!read.ok) return [read.problem];
  const { values, positionals, server } = read;
  const [file = "", ...others] = positionals;
  const { tool = "" } = values;
  const args = parseObject(values.args, "--args", '{"query":"up"}');
  const claims =
    values.claims === undefined ? undefined : parseObject(values.claims, "--claims", '{"groups":["admins"]}');
  const category = CATEGORIES.find((known) => known === values.category);
  const nowMs = values.time === undefined ? Date.now() : (instantOf(values.time) ?? Number.NaN);
  const source = parseToolsSource(values, server);
  const problems = [
    ...(file === "" || others.length > 0 ? ["FILE: must be one policy"] : []),
    ...(tool === "" ? ["--tool: is required"] : []),
    ...[args, claims].filter((read) => typeof read === "string"),
    ...(category === values.category
      ? []
      : [`--category: must be ${listWords(CATEGORIES)}, got "${values.category}"`]),
    ...(Number.isNaN(nowMs)
      ? [`--time: must be a time such as 2026-01-31T09:00:00Z, got "${values.time}"`]
      : []),
    ...(source.ok ? [] : [source.problem]),
    ...formatProblem(values.format),
  ];
  if (problems.length > 0 || typeof args === "string" || typeof claims === "string" || !source.ok)
    return problems;
  const caller = callerOf(values, claims, nowMs);
  const { format, unlisted: isUnlisted } = values;
  return { file, tool, caller, args, category, source: source.source, isUnlisted, isJson: format === "json" };
}

async function explain(io: CommandIo, request: ExplainRequest): Promise<number> {
  const { file, tool, caller, args, source } = request;
  const loaded = readPolicyFile(file);
  if (!loaded.ok) return failWith(io, loaded.problems);
  const listed = source && (await loadTools(source, io));
  if (listed?.ok === false) return failWith(io, listed.problems, listed.exitCode);
  const names = listed?.tools.map(({ name }) => name);
  if (names?.includes(tool) === false && !request.isUnlisted)
    return failWith(io, [`--tool: ${unlistedTool(tool, names)}; --unlisted explains it all the same`]);
  // Without the server's tools there is no schema to hold the arguments against.
  const policy = listed === undefined ? withoutArgumentChecks(loaded.policy) : loaded.policy;
  const definition = listed?.tools.find(({ name }) => name === tool);
  const inputSchema = definition && inputSchemaOf(definition);
  const ofTool: Call = {
    tool,
    ...caller,
    args,
    inputSchema,
    listing: listed && listingOf(tool, protectedNames(listed.tools.map(({ name }) => name))),
    category: assignCategory(request, definition, policy),
  };
  const call = { ...ofTool, category: assignmentOfCall(policy, ofTool) };
  const explained = { policy, call, explanation: explainCall(policy, call) };
  if (request.isJson) writeJson(io, reportOf(explained));
  else writeExplanation(io, explained, notesOf(policy, call, listed?.tools));
  return EXIT_OK;
}

/** The category of the policy, or else of the command line, or else as the sidecar classifies the tool. */
function assignCategory(
  { tool, category }: ExplainRequest,
  definition: ToolDefinition | undefined,
  policy: CompiledPolicy,
): CategoryAssignment {
  const described = definition === undefined ? { name: tool } : describeTool(definition);
  return classifyTool(described, policy.categoryOf(tool) ?? category);
}

interface Explained {
  readonly policy: CompiledPolicy;
  readonly call: Call;
  readonly explanation: Explanation;
}

function reportOf({ policy, call, explanation }: Explained): object {
  const { effect, decision, steps } = explanation;
  const { denial } = decision;
  return {
    tool: call.tool,
    agent: call.agent,
    ...(call.user !== undefined && { user: call.user }),
    category: call.category,
    effect,
    reason: denial?.reason ?? null,
    rule: denial?.rule ?? null,
    message: denial?.message ?? null,
    condition: denial?.condition ?? null,
    mode: denial?.mode ?? policy.mode,
    steps,
    unevaluable: decision.unevaluable,
    how_to_allow: adviceFor(policy, call, explanation),
    policy: { digest: policy.digest },
  };
}

function writeExplanation(io: CommandIo, explained: Explained, notes: readonly string[]): void {
  const { policy, call, explanation } = explained;
  const { denial } = explanation.decision;
  const { category, source, confidence } = call.category;
  const reason = denial === undefined ? "" : ` (${denial.reason})`;
  const advice = adviceFor(policy, call, explanation);
  writeLines(io, [
    `${call.tool} by ${call.agent}${call.user === undefined ? "" : ` for ${call.user}`}: ${explanation.effect}${reason}`,
    ...(denial === undefined ? [] : [`  rule      ${denial.rule}`]),
    ...(denial?.message === undefined ? [] : [`  message   ${denial.message}`]),
    `  category  ${category}, by ${SOURCES[source]}, confidence ${confidence}`,
    "",
    "In the order in which the policy asks:",
    ...explanation.steps.flatMap(stepLines),
    ...(advice.length === 0 ? [] : ["", "To let it pass:", ...advice.map((line) => `  ${line}`)]),
    ...(notes.length === 0 ? [] : ["", ...notes.map((note) => `note: ${note}`)]),
  ]);
}

const SOURCES = {
  policy: "the policy or --category",
  annotations: "the server's annotations",
  heuristic: "a guess",
};

function stepLines({ step, verdict, mode, why, conditions = [] }: Step): string[] {
  const shown = mode === "shadow" && verdict !== "passes" ? `${verdict} (shadow)` : verdict;
  return [
    `  ${shown.padEnd(8)} ${step}: ${why}`,
    ...conditions.map(({ condition, outcome, found }) => {
      return `             ${condition}: ${outcome}${found === undefined ? "" : `, it is ${found}`}`;
    }),
  ];
}
