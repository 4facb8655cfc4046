/** `tollgate policy explain`: the decision for one call, and why. */

import { readPolicyFile } from "../../config/files/policy-file.ts";
import { CATEGORIES, type Category, type CategoryAssignment } from "../../policy/category/category.ts";
import { classifyTool } from "../../policy/category/classify.ts";
import type { CompiledPolicy } from "../../policy/document/compile.ts";
import type { Call } from "../../policy/decision.ts";
import { isJsonObject, type JsonObject } from "../../json/json.ts";
import { didYouMean } from "../../policy/schema/did-you-mean.ts";
import { listWords } from "../../policy/schema/schema.ts";
import { describeTool, inputSchemaOf, type ToolDefinition } from "../../mcp/tool-definition.ts";
import { adviceFor } from "../../policy/explain/advice.ts";
import {
  DONE,
  fail,
  FORMAT,
  formatProblem,
  policyCommand,
  type PolicyWorld,
  readArguments,
  say,
  sayJson,
} from "../cli/command.ts";
import { explainCall, type Explanation, type Step } from "../../policy/explain/steps.ts";
import { readJsonDocument } from "./read-document.ts";
import { readSource, readTools, TOOLS_FLAGS, type ToolsSource } from "./tools-source.ts";

const HELP = `Usage: tollgate policy explain FILE --tool NAME [flags]

Says what the policy decides about one call, which steps it takes, and what would let a denied call pass. Counters
start empty: a limit denies here only what never fits.

  --tool NAME            the tool that is called
  --args JSON            its arguments, an object ({})
  --agent NAME           who calls (anonymous)
  --category CATEGORY    what the tool does, instead of what its name and description suggest
  --tools FILE           the server's answer to tools/list: descriptions to find the category by
  --upstream URL         ask this server for it; or -- COMMAND [ARG...] over stdio
  --format text|json     for people or for programs (text)
  --help                 this text

Exit codes: 0 explained, whatever the decision; 1 the policy is bad; 64 bad usage; 69 the server could not be asked.
`;

const OPTIONS = {
  ...TOOLS_FLAGS,
  tool: { type: "string" },
  args: { type: "string", default: "{}" },
  agent: { type: "string", default: "anonymous" },
  category: { type: "string" },
  format: FORMAT,
} as const;

interface Request {
  readonly file: string;
  readonly tool: string;
  readonly agent: string;
  readonly args: JsonObject;
  readonly category: Category | undefined;
  readonly source: ToolsSource | undefined;
  readonly isJson: boolean;
}

export const EXPLAIN = policyCommand({
  name: "explain",
  summary: "the decision for one call, and why",
  help: HELP,
  read: readRequest,
  work: explain,
});

function readRequest(argv: readonly string[]): Request | string[] {
  const read = readArguments(argv, OPTIONS);
  if (!read.ok) return [read.problem];
  const { values, positionals, server } = read;
  const [file = "", ...others] = positionals;
  const { tool = "", agent } = values;
  const args = readArgs(values.args);
  const category = CATEGORIES.find((known) => known === values.category);
  const source = readSource(values, server);
  const problems = [
    ...(file === "" || others.length > 0 ? ["FILE: must be one policy"] : []),
    ...(tool === "" ? ["--tool: is required"] : []),
    ...(typeof args === "string" ? [args] : []),
    ...(category === values.category
      ? []
      : [`--category: must be ${listWords(CATEGORIES)}, got "${values.category}"`]),
    ...(source.ok ? [] : [source.problem]),
    ...formatProblem(values.format),
  ];
  if (problems.length > 0 || typeof args === "string" || !source.ok) return problems;
  return { file, tool, agent, args, category, source: source.source, isJson: values.format === "json" };
}

async function explain(world: PolicyWorld, request: Request): Promise<number> {
  const { file, tool, agent, args, source } = request;
  const loaded = readPolicyFile(file);
  if (!loaded.ok) return fail(world, loaded.problems);
  const listed = source && (await readTools(source));
  if (listed?.ok === false) return fail(world, listed.problems, listed.exitCode);
  const { policy } = loaded;
  const definition = listed?.tools.find(({ name }) => name === tool);
  const inputSchema = definition && inputSchemaOf(definition);
  const call: Call = { tool, agent, args, inputSchema, category: categoryOf(request, definition, policy) };
  const explained = { policy, call, explanation: explainCall(policy, call) };
  if (request.isJson) sayJson(world, reportOf(explained));
  else tell(world, explained, notesOf(call, listed?.tools));
  return DONE;
}

function readArgs(text: string): JsonObject | string {
  const read = readJsonDocument(text, "--args");
  if (!read.ok) return read.problems.join("; ");
  return isJsonObject(read.value) ? read.value : '--args: must be an object, such as {"query":"up"}';
}

/** The policy's word, else that of the command line, else as the running sidecar finds it. */
function categoryOf(
  { tool, category }: Request,
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

function notesOf({ tool, args }: Call, tools: readonly ToolDefinition[] | undefined): string[] {
  const names = tools?.map(({ name }) => name);
  const isUnknown = names?.includes(tool) === false;
  return [
    ...(args.size === 0 ? ["judged as a call without arguments; give them with --args"] : []),
    ...(isUnknown ? [`the server lists no tool \`${tool}\`${didYouMean(tool, names ?? [])}`] : []),
  ];
}

function reportOf({ policy, call, explanation }: Explained): object {
  const { effect, decision, steps } = explanation;
  const { denial } = decision;
  return {
    tool: call.tool,
    agent: call.agent,
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

function tell(world: PolicyWorld, explained: Explained, notes: readonly string[]): void {
  const { policy, call, explanation } = explained;
  const { denial } = explanation.decision;
  const { category, source, confidence } = call.category;
  const reason = denial === undefined ? "" : ` (${denial.reason})`;
  const advice = adviceFor(policy, call, explanation);
  say(world, [
    `${call.tool} by ${call.agent}: ${explanation.effect}${reason}`,
    ...(denial === undefined ? [] : [`  rule      ${denial.rule}`]),
    ...(denial?.message === undefined ? [] : [`  message   ${denial.message}`]),
    `  category  ${category}, by ${SOURCES[source]}, confidence ${confidence}`,
    "",
    "In the order in which the policy asks:",
    ...explanation.steps.flatMap(linesOf),
    ...(advice.length === 0 ? [] : ["", "To let it pass:", ...advice.map((line) => `  ${line}`)]),
    ...(notes.length === 0 ? [] : ["", ...notes.map((note) => `note: ${note}`)]),
  ]);
}

const SOURCES = {
  policy: "the policy or --category",
  annotations: "the server's annotations",
  heuristic: "a guess",
};

function linesOf({ step, verdict, mode, why, conditions = [] }: Step): string[] {
  const shown = mode === "shadow" && verdict !== "passes" ? `${verdict} (shadow)` : verdict;
  return [
    `  ${shown.padEnd(8)} ${step}: ${why}`,
    ...conditions.map(({ condition, outcome, found }) => {
      return `             ${condition}: ${outcome}${found === undefined ? "" : `, it is ${found}`}`;
    }),
  ];
}
