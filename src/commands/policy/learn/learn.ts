/** `tollgate policy learn`: writes a policy from the traffic that audit logs show. */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { errorCode, writeProblem } from "../../../config/file-fault.ts";
import type { ToolDefinition } from "../../../mcp/tool-definition.ts";
import { type CommandIo, EXIT_OK, failWith, policyCommand } from "../../cli/command.ts";
import { pluralizeMany, withProgress } from "../../cli/progress.ts";
import { loadTools } from "../tools-source.ts";
import { agentPolicies, type PolicyFileText, SETTINGS_FILE } from "./agent-policies.ts";
import { learnNotes, nothingLearned, remarksOf } from "./learn-notes.ts";
import { learnedDocument, learnedTools, type PolicyOptions, WINDOWS } from "./learned-policy.ts";
import { learnedText } from "./learned-text.ts";
import { MAX_USES, Observations } from "./observations.ts";
import { type LeftOut, LogFault, readLogs } from "./read-logs.ts";
import { type LearnRequest, parseLearnRequest } from "./request.ts";

const HELP = `Usage: tollgate policy learn --audit LOG... [flags]

Writes a policy that lets pass what audit logs show: tools, agents, calls in a time, captured values of arguments.
Everything else is denied, in shadow mode: nothing is stopped until you remove "mode" from the policy.

  --audit LOG...         logs that tollgate run --audit wrote, in any order; gzipped ones too, and - for stdin
  --since, --until TIME  only calls of this time: 30d, 2h ago; or a date as 2026-07-01 or 2026-07-01T12:00:00Z
  --tools FILE|URL       the server's tools, to name those that were never called; also --upstream URL, -- COMMAND
  --window WORD          the window of the limits: minute, hour or day (hour)
  --head-room N          limits are N times the calls that 99 % of an agent's windows had (1.5), and never deny the log
  --values N             most values of an argument that are listed; numbers get bounds; 0 for neither (10)
  --per-agent            a policy for each agent in the folder --out, and agents.yaml, the settings that bind them
  --mode shadow|enforce  enforce denies at once (shadow)
  -o, --out FILE         write the policy to FILE, unless it exists; --force overwrites it
  --format json|yaml     reasons in "description" or in comments (by the name of FILE, or else json)
  --help                 this text

Examples:
  tollgate policy learn --audit audit.jsonl* --out learned.yaml
  tollgate policy learn --audit audit.*.gz --since 30d --per-agent --out policies
Exit codes: 0 done, 1 no policy written, 64 bad usage, 69 the server cannot be reached.
`;

export const LEARN_COMMAND = policyCommand({
  name: "learn",
  summary: "a policy from the traffic that audit logs show",
  help: HELP,
  parse: (argv) => parseLearnRequest(argv),
  execute: learn,
});

async function learn(io: CommandIo, request: LearnRequest): Promise<number> {
  const listed = request.source === undefined ? undefined : await loadTools(request.source, io);
  if (listed?.ok === false) return failWith(io, listed.problems, listed.exitCode);
  const observations = new Observations({ windowMs: WINDOWS[request.window], maxValues: request.maxValues });
  const read = await withProgress(
    io.stderr,
    () => `reading, ${pluralizeMany(observations.passed, "call")}`,
    () => readOrFail(request, observations),
  );
  if (typeof read === "string") return failWith(io, [read]);
  if (observations.hasTooManyTools)
    return failWith(io, [`the calls name more than ${MAX_USES} tools: narrow them with --since and --until`]);
  if (observations.passed === 0) return failWith(io, nothingLearned(request.logs, observations, read));
  const files = policyFiles(observations, { request, tools: listed?.tools });
  const problem = writeFiles(io, files, request);
  if (problem !== undefined) return failWith(io, [problem]);
  for (const note of learnNotes(observations, read)) io.stderr.write(`tollgate: ${note}\n`);
  io.stderr.write(`${nextStep(request)}\n`);
  return EXIT_OK;
}

async function readOrFail(
  { logs, span }: LearnRequest,
  observations: Observations,
): Promise<LeftOut | string> {
  try {
    return await readLogs(logs, process.stdin, { observations, span });
  } catch (error) {
    if (error instanceof LogFault) return error.message;
    throw error;
  }
}

interface Learned {
  readonly request: LearnRequest;
  readonly tools: readonly ToolDefinition[] | undefined;
}

function policyFiles(observations: Observations, { request, tools }: Learned): PolicyFileText[] {
  const { isYaml, isPerAgent, out = "" } = request;
  const options: PolicyOptions = { ...request, remarks: remarksOf(observations, request, tools) };
  if (isPerAgent) return agentPolicies(observations, { ...options, folder: out, isYaml });
  return [{ name: "", text: learnedText(learnedDocument(learnedTools(observations), options), isYaml) }];
}

/** Writes the policies to their files, or the only one to stdout. Returns the problem, if any. */
function writeFiles(
  io: CommandIo,
  files: readonly PolicyFileText[],
  { out, isForced, isPerAgent }: LearnRequest,
): string | undefined {
  if (out === undefined) {
    for (const { text } of files) io.stdout.write(text);
    return undefined;
  }
  for (const { name, text } of files) {
    const file = isPerAgent ? join(out, name) : out;
    try {
      if (isPerAgent) mkdirSync(out, { recursive: true });
      writeFileSync(file, text, { flag: isForced ? "w" : "wx" });
    } catch (error) {
      if (errorCode(error) !== "EEXIST") return writeProblem(file, error);
      return `${file}: is there already; name another ${isPerAgent ? "folder" : "file"}, or give --force`;
    }
  }
  return undefined;
}

function nextStep({ out, isPerAgent, isEnforced }: LearnRequest): string {
  const file = out ?? "FILE";
  const run = isPerAgent ? `--config ${file}/${SETTINGS_FILE}` : `--policy ${file}`;
  const check = isPerAgent ? `the policies in ${file}` : `it, then tollgate policy check ${file}`;
  const end = isEnforced
    ? ""
    : `; what it would deny is counted, and remove "mode" from it when that is right`;
  return `next: read ${check}, then run with ${run}${end}`;
}
