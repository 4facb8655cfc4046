/** `tollgate policy test`: plays corpus files and compares each decision with the expected one. */

import { readdirSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { readPolicyFile } from "../../config/files/policy-file.ts";
import type { ToolDefinition } from "../../mcp/tool-definition.ts";
import { isJsonArray, isJsonObject, type Json } from "../../json/json.ts";
import { compilePolicy } from "../../policy/document/compile.ts";
import type { Policy } from "../../policy/policy.ts";
import { parsePolicy } from "../../policy/document/document.ts";
import { describeCall, playStory, type StoryResult } from "../corpus/play.ts";
import { readStory, type Story } from "../corpus/story.ts";
import { inlineTools } from "../corpus/story-tools.ts";
import {
  pluralize,
  EXIT_OK,
  FORMAT_FLAG,
  formatProblem,
  type PolicyCommand,
  type CommandIo,
  readArguments,
  refuseUsage,
  writeLines,
  writeJson,
  EXIT_FAILED,
} from "../cli/command.ts";
import { letTimersRun, pluralizeMany, withProgress } from "../cli/progress.ts";
import { loadToolsFile } from "./tools-source.ts";
import { readDocument } from "./read-document.ts";

const HELP = `Usage: tollgate policy test CASES...

Plays calls against a policy and compares every decision with the expected one. CASES are files, or folders, of which
policies and lists of tools are left alone:

  { "story": "what it shows",
    "policy": "prometheus.json",          the file beside this one, or the policy itself
    "tools": "tools.json",                the server's tools/list result, or a list of tools; may be left out
    "calls": [
      { "tool": "ExecuteQuery", "args": { "query": "up" }, "agent": "a", "at": 60, "times": 2,
        "expect": { "effect": "deny", "reason": "rate_limited" } } ] }

A call may also have "user", "session", and "caller": { "claims": {...}, "source": "jwt", "address": "192.0.2.1" }.
effect is allow, deny, ask or would_deny; reason, rule, message and retry_after are compared when they are given.
Arguments are held against the "inputSchema" that "tools" gives; without it they are not checked.
"at" is in seconds after the start, so limits are tested without waiting.

  --format text|json     for people or for programs (text)
  --help                 this text

Examples: tollgate policy test policies/corpus
          tollgate policy test cases.json --format json
Exit codes: 0 all as expected, 1 a decision differs, or a file cannot be played, 64 bad usage.
`;

const OPTIONS = { format: FORMAT_FLAG } as const;

export const TEST_COMMAND: PolicyCommand = {
  name: "test",
  summary: "plays calls against a policy and compares the decisions",
  help: HELP,
  run: async (argv, io) => {
    const read = readArguments(argv, OPTIONS);
    if (!read.ok) return refuseUsage(io, "tollgate policy test", [read.problem]);
    const { values, positionals, server } = read;
    const problems = [
      ...(positionals.length === 0 ? ["CASES: is required"] : []),
      ...(server.length > 0 ? ["-- COMMAND: is for other commands"] : []),
      ...formatProblem(values.format),
    ];
    return problems.length > 0
      ? refuseUsage(io, "tollgate policy test", problems)
      : playPaths(io, positionals, values.format);
  },
};

async function playPaths(io: CommandIo, paths: readonly string[], format: string): Promise<number> {
  const files = paths.flatMap(filesIn);
  const played: PlayedFile[] = [];
  await withProgress(
    io.stderr,
    () => `playing, ${played.length.toLocaleString("en-US")} of ${pluralizeMany(files.length, "file")}`,
    async () => {
      for (const file of files) {
        played.push(await playFile(file));
        await letTimersRun();
      }
    },
  );
  if (format === "json") writeJson(io, reportOf(played));
  else writeResults(io, played);
  return played.length > 0 && played.every(isAsExpected) ? EXIT_OK : EXIT_FAILED;
}

interface PlayedFile {
  readonly file: string;
  readonly story: string;
  /** Problems that keep the file from being played. */
  readonly problems: readonly string[];
  readonly results: readonly StoryResult[];
}

/** The file itself, or the case files in a folder. A missing path is a file that cannot be played. */
function filesIn(path: string): string[] {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return [path];
  return readdirSync(path)
    .filter((name) => /\.(?:json|ya?ml)$/i.test(name))
    .toSorted()
    .map((name) => join(path, name))
    .filter((file) => !isOther(file));
}

/** Whether a file of a folder is certainly none of cases: a policy, or a list of tools, that stands beside them. */
function isOther(file: string): boolean {
  const read = readDocument(file);
  if (!read.ok) return false;
  if (isJsonArray(read.value)) return true;
  return isJsonObject(read.value) && !["story", "policy", "calls"].some((key) => isKey(read.value, key));
}

function isKey(json: Json, key: string): boolean {
  return isJsonObject(json) && json.has(key);
}

async function playFile(file: string): Promise<PlayedFile> {
  const read = readDocument(file);
  if (!read.ok) return unplayed(file, "", read.problems);
  const problems: string[] = [];
  const json = inlineTools(read.value, (path) => toolsOf(resolve(dirname(file), path), problems));
  if (problems.length > 0) return unplayed(file, "", problems);
  const reading = readStory(json);
  if (!reading.ok) {
    return unplayed(
      file,
      "",
      reading.problems.map(({ path, message }) => located(file, path, message)),
    );
  }
  const { story } = reading;
  const policy = policyOf(story, file);
  return Array.isArray(policy)
    ? unplayed(file, story.story, policy)
    : { file, story: story.story, problems: [], results: await playCalls(story, policy) };
}

/** Calls between two looks at the timers. */
const CALLS_AT_ONCE = 500;

async function playCalls(story: Story, policy: Policy): Promise<StoryResult[]> {
  const results: StoryResult[] = [];
  for (const result of playStory(story, policy))
    if (results.push(result) % CALLS_AT_ONCE === 0) await letTimersRun();
  return results;
}

function toolsOf(file: string, problems: string[]): readonly ToolDefinition[] {
  const loaded = loadToolsFile(file);
  if (loaded.ok) return loaded.tools;
  problems.push(...loaded.problems);
  return [];
}

function unplayed(file: string, story: string, problems: readonly string[]): PlayedFile {
  return { file, story, problems, results: [] };
}

function located(file: string, path: string, message: string): string {
  return [file, path, message].filter(Boolean).join(": ");
}

/** The story's policy, or its problems. */
function policyOf({ policy, mode }: Story, file: string): Policy | string[] {
  const options = mode === undefined ? {} : { mode };
  if (typeof policy === "string") {
    const loaded = readPolicyFile(resolve(dirname(file), policy), options);
    return loaded.ok ? loaded.policy : [...loaded.problems];
  }
  const parsed = parsePolicy(policy);
  if (parsed.ok) return compilePolicy(parsed.document, { digest: file, ...options });
  return parsed.problems.map(({ path, message }) => located(`${file}: policy`, path, message));
}

function isAsExpected({ problems, results }: PlayedFile): boolean {
  return problems.length === 0 && results.every(({ differences }) => differences.length === 0);
}

function reportOf(played: readonly PlayedFile[]): object {
  return {
    ok: played.length > 0 && played.every(isAsExpected),
    files: played.map((each) => ({
      file: each.file,
      story: each.story,
      ok: isAsExpected(each),
      problems: each.problems,
      calls: each.results.map(({ index, call, outcome, differences }) => ({
        index,
        call: describeCall(call),
        ok: differences.length === 0,
        outcome,
        differences,
      })),
    })),
  };
}

function writeResults(io: CommandIo, played: readonly PlayedFile[]): void {
  writeLines(io, played.flatMap(resultLines));
  const results = played.flatMap((each) => each.results);
  const wrong = results.filter(({ differences }) => differences.length > 0).length;
  const unplayable = played.filter(({ problems }) => problems.length > 0).length;
  const failures = wrong === 0 ? "all as expected" : `${wrong} not as expected`;
  const others = unplayable === 0 ? "" : `; ${pluralize(unplayable, "file")} could not be played`;
  writeLines(io, [
    "",
    `${pluralize(played.length, "file")}, ${pluralize(results.length, "decision")}: ${failures}${others}`,
  ]);
}

function resultLines(played: PlayedFile): string[] {
  const { file, story, problems, results } = played;
  const wrong = results.filter(({ differences }) => differences.length > 0);
  const verdict = isAsExpected(played) ? "ok  " : "FAIL";
  return [
    `${verdict}  ${file} (${pluralize(results.length, "decision")})${story === "" ? "" : `: ${story}`}`,
    ...problems.map((problem) => `      ${problem}`),
    ...wrong.flatMap(({ index, call, differences }) => [
      `      calls[${index}]: ${describeCall(call)}`,
      ...differences.map((difference) => `        ${difference}`),
    ]),
  ];
}
