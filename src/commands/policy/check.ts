/** `tollgate policy check`: everything that is wrong with a policy, at once, each with its place. */

import { readPolicyFile } from "../../config/files/policy-file.ts";
import type { CompiledPolicy } from "../../policy/document/compile.ts";
import { comparePolicyWithTools } from "../../policy/lint/coverage.ts";
import type { Finding, Severity } from "../../policy/lint/finding.ts";
import { isJsonArray, isJsonObject, type Json } from "../../json/json.ts";
import { printJson } from "../../json/print-json.ts";
import type { ToolDefinition } from "../../mcp/tool-definition.ts";
import {
  count,
  DONE,
  fail,
  FORMAT,
  formatProblem,
  policyCommand,
  type PolicyWorld,
  readArguments,
  say,
  sayJson,
  WRONG,
} from "../cli/command.ts";
import { contradictionFindings } from "../../policy/lint/contradictions.ts";
import { readDocument } from "./read-document.ts";
import { counterFindings } from "../../policy/lint/separate-counters.ts";
import { shadowedFindings } from "../../policy/lint/shadowed.ts";
import { readSource, readTools, TOOLS_FLAGS, type ToolsSource } from "./tools-source.ts";

const HELP = `Usage: tollgate policy check FILE... [--tools FILE | --upstream URL | -- COMMAND [ARG...]]

Says everything that is wrong with a policy. With the server's tools it also finds names that do not exist, tools
that no rule covers, arguments that a tool does not have, and deny_if rules that a call avoids by leaving one out.

  --tools FILE           the server's answer to tools/list, or its list of tools
  --upstream URL         ask this server over Streamable HTTP
  -- COMMAND [ARG...]    ask this server over stdio
  --print                print the normal form on stdout, and what was found on stderr
  --format text|json     for people or for programs (text)
  --help                 this text

A file in another published form is read as its normal form, which is printed; paths are paths in that.
Exit codes: 0 nothing wrong, or warnings only; 1 an error was found; 64 bad usage; 69 the server could not be asked.
`;

const OPTIONS = { ...TOOLS_FLAGS, print: { type: "boolean", default: false }, format: FORMAT } as const;

interface Request {
  readonly files: readonly string[];
  readonly source: ToolsSource | undefined;
  readonly isPrinting: boolean;
  readonly isJson: boolean;
}

export const CHECK = policyCommand({
  name: "check",
  summary: "every problem of a policy, and of a policy with its server",
  help: HELP,
  read: readRequest,
  work: check,
});

function readRequest(argv: readonly string[]): Request | string[] {
  const read = readArguments(argv, OPTIONS);
  if (!read.ok) return [read.problem];
  const { values, positionals: files, server } = read;
  const source = readSource(values, server);
  const problems = [
    ...(files.length === 0 ? ["FILE: is required"] : []),
    ...(source.ok ? [] : [source.problem]),
    ...formatProblem(values.format),
  ];
  if (problems.length > 0 || !source.ok) return problems;
  return { files, source: source.source, isPrinting: values.print, isJson: values.format === "json" };
}

async function check(world: PolicyWorld, { files, source, isPrinting, isJson }: Request): Promise<number> {
  const listed = source && (await readTools(source));
  if (listed?.ok === false) return fail(world, listed.problems, listed.exitCode);
  const checked = files.map((file) => checkFile(file, listed?.tools));
  if (isJson) sayJson(world, reportOf(checked));
  else tell(world, checked, { isPrinting, isWithTools: listed !== undefined });
  return checked.some(({ findings }) => countOf(findings, "error") > 0) ? WRONG : DONE;
}

interface CheckedFile {
  readonly file: string;
  readonly findings: readonly Finding[];
  readonly notes: readonly string[];
  /** Absent when the file cannot be loaded. */
  readonly normalForm?: Json;
  /** The file is in another published form. */
  readonly isTranslated: boolean;
}

/** Everything that is found in one file; a file that cannot be loaded has its problems as findings. */
function checkFile(file: string, tools: readonly ToolDefinition[] | undefined): CheckedFile {
  const loaded = readPolicyFile(file);
  if (!loaded.ok) {
    return {
      file,
      findings: loaded.problems.map((text) => schemaFinding(file, text)),
      notes: [],
      isTranslated: false,
    };
  }
  const raw = readDocument(file);
  const source = raw.ok ? raw.value : loaded.policy.document.json;
  const { json: normalForm } = loaded.policy.document;
  const isTranslated = printJson(source) !== printJson(normalForm);
  const findings = findingsOf(loaded.policy, tools, namesNobodyChose(source));
  return { file, findings, notes: loaded.notes, normalForm, isTranslated };
}

/** What is wrong with a policy that can be loaded. */
function findingsOf(
  policy: CompiledPolicy,
  tools: readonly ToolDefinition[] | undefined,
  unchosen: ReadonlySet<string>,
): Finding[] {
  return [
    ...contradictionFindings(policy.document),
    ...shadowedFindings(policy.document),
    ...counterFindings(policy.document, unchosen),
    ...(tools === undefined ? [] : comparePolicyWithTools(policy, tools).findings),
  ];
}

/** `file: path: message` taken apart. */
function schemaFinding(file: string, problem: string): Finding {
  const text = problem.startsWith(`${file}: `) ? problem.slice(file.length + 2) : problem;
  const [, path, message] = /^((?:[^\s":[]|\[(?:\d+|"(?:[^"\\]|\\.)*")\])+): (.*)$/s.exec(text) ?? [];
  return { severity: "error", code: "schema", path: path ?? "", message: message ?? text };
}

/** The short form has no name for its counter, and each tool gets the same one. */
function namesNobodyChose(source: Json): ReadonlySet<string> {
  return new Set(mentions(source, "rate_limit") ? ["calls"] : []);
}

function mentions(json: Json, key: string): boolean {
  if (isJsonArray(json)) return json.some((item) => mentions(item, key));
  if (!isJsonObject(json)) return false;
  return json.has(key) || Array.from(json.values()).some((value) => mentions(value, key));
}

function countOf(findings: readonly Finding[], severity: Severity): number {
  return findings.filter((finding) => finding.severity === severity).length;
}

function reportOf(checked: readonly CheckedFile[]): object {
  const findings = checked.flatMap((each) => each.findings);
  return {
    ok: countOf(findings, "error") === 0,
    errors: countOf(findings, "error"),
    warnings: countOf(findings, "warning"),
    files: checked.map((each) => ({
      file: each.file,
      findings: each.findings,
      notes: each.notes,
      normal_form: each.normalForm === undefined ? null : plain(each.normalForm),
    })),
  };
}

function plain(json: Json): unknown {
  return JSON.parse(printJson(json));
}

interface Telling {
  readonly isPrinting: boolean;
  readonly isWithTools: boolean;
}

function tell(
  world: PolicyWorld,
  checked: readonly CheckedFile[],
  { isPrinting, isWithTools }: Telling,
): void {
  const out = isPrinting ? { ...world, stdout: world.stderr } : world;
  for (const { file, findings, notes, normalForm, isTranslated } of checked) {
    const lines = findings.map(({ severity, code, path, message }) =>
      [`${severity.padEnd(7)} ${file}`, path, `${message} [${code}]`].filter(Boolean).join(": "),
    );
    say(out, [...lines, ...notes.map((note) => `note    ${file}: ${note}`), summaryOf(file, findings)]);
    if (normalForm === undefined || !(isPrinting || isTranslated)) continue;
    if (!isPrinting) say(out, ["", "The normal form:"]);
    say(world, printJson(normalForm, 2).split("\n"));
  }
  if (!isWithTools) {
    say(out, [
      "Names and arguments were not compared with a server: give --tools, --upstream or -- COMMAND.",
    ]);
  }
}

function summaryOf(file: string, findings: readonly Finding[]): string {
  if (findings.length === 0) return `${file}: nothing wrong`;
  return `${file}: ${count(countOf(findings, "error"), "error")}, ${count(countOf(findings, "warning"), "warning")}`;
}
