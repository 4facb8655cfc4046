/** `tollgate policy check`: reports all problems of a policy, each with its path. */

import { readPolicyFile } from "../../config/files/policy-file.ts";
import type { CompiledPolicy } from "../../policy/document/compile.ts";
import { comparePolicyWithTools } from "../../policy/lint/coverage.ts";
import type { Finding, Severity } from "../../policy/lint/finding.ts";
import { isJsonArray, isJsonObject, type Json } from "../../json/json.ts";
import { printJson } from "../../json/print-json.ts";
import type { ToolDefinition } from "../../mcp/tool-definition.ts";
import {
  pluralize,
  EXIT_OK,
  failWith,
  FORMAT_FLAG,
  formatProblem,
  policyCommand,
  type CommandIo,
  readArguments,
  writeLines,
  writeJson,
  EXIT_FAILED,
} from "../cli/command.ts";
import { contradictionFindings } from "../../policy/lint/contradictions.ts";
import { readDocument } from "./read-document.ts";
import { equalPatternFindings } from "../../policy/lint/equal-patterns.ts";
import { pathFindings } from "../../policy/lint/path-findings.ts";
import { counterFindings } from "../../policy/lint/separate-counters.ts";
import { shadowedFindings } from "../../policy/lint/shadowed.ts";
import { unusableSchemaFindings } from "../../policy/lint/unusable-schemas.ts";
import { parseToolsSource, loadTools, TOOLS_FLAGS, type ToolsSource } from "./tools-source.ts";

const HELP = `Usage: tollgate policy check FILE... [--tools FILE | --upstream URL | -- COMMAND [ARG...]]

Reports all problems of a policy. With the server's tools it also finds names that do not exist, tools without a rule,
arguments that a tool does not have, input schemas that cannot be used, and deny_if rules that a call avoids by
omitting an argument.

  --tools FILE           a tools/list result, or its list of tools
  --upstream URL         ask this server over Streamable HTTP
  -- COMMAND [ARG...]    ask this server over stdio
  --print                print the normal form on stdout, and the findings on stderr
  --format text|json     for people or for programs (text)
  --help                 this text

A file in another published form is converted to the normal form, which is printed; paths refer to that form.
Examples: tollgate policy check policy.json --upstream http://127.0.0.1:3000/mcp
          tollgate policy check policies/*.json --format json
Exit codes: 0 nothing wrong, or warnings only; 1 an error was found; 64 bad usage; 69 the server cannot be reached.
`;

const OPTIONS = { ...TOOLS_FLAGS, print: { type: "boolean", default: false }, format: FORMAT_FLAG } as const;

interface CheckRequest {
  readonly files: readonly string[];
  readonly source: ToolsSource | undefined;
  readonly isPrinting: boolean;
  readonly isJson: boolean;
}

export const CHECK_COMMAND = policyCommand({
  name: "check",
  summary: "every problem of a policy, and of a policy with its server",
  help: HELP,
  parse: parseRequest,
  execute: check,
});

function parseRequest(argv: readonly string[]): CheckRequest | string[] {
  const read = readArguments(argv, OPTIONS);
  if (!read.ok) return [read.problem];
  const { values, positionals: files, server } = read;
  const source = parseToolsSource(values, server);
  const problems = [
    ...(files.length === 0 ? ["FILE: is required"] : []),
    ...(source.ok ? [] : [source.problem]),
    ...formatProblem(values.format),
  ];
  if (problems.length > 0 || !source.ok) return problems;
  return { files, source: source.source, isPrinting: values.print, isJson: values.format === "json" };
}

async function check(io: CommandIo, { files, source, isPrinting, isJson }: CheckRequest): Promise<number> {
  const listed = source && (await loadTools(source, io));
  if (listed?.ok === false) return failWith(io, listed.problems, listed.exitCode);
  const checked = files.map((file) => checkFile(file, listed?.tools));
  if (isJson) writeJson(io, reportOf(checked));
  else writeFindings(io, checked, { isPrinting, isWithTools: listed !== undefined });
  return checked.some(({ findings }) => countOf(findings, "error") > 0) ? EXIT_FAILED : EXIT_OK;
}

interface PlacedFinding extends Finding {
  /** `line 1, column 2`; absent for a finding about a policy that loads. */
  readonly place?: string;
}

interface CheckedFile {
  readonly file: string;
  readonly findings: readonly PlacedFinding[];
  readonly notes: readonly string[];
  /** Absent when the file cannot be loaded. */
  readonly normalForm?: Json;
  /** Whether the file is in another published form than the normal form. */
  readonly isTranslated: boolean;
}

/** All findings of one file; for a file that cannot be loaded, its problems. */
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
  const findings = findingsOf(loaded.policy, tools, implicitCounterNames(source));
  return { file, findings, notes: loaded.notes, normalForm, isTranslated };
}

/** The findings of a policy that can be loaded. */
function findingsOf(
  policy: CompiledPolicy,
  tools: readonly ToolDefinition[] | undefined,
  implicitCounters: ReadonlySet<string>,
): Finding[] {
  return [
    ...contradictionFindings(policy.document),
    ...shadowedFindings(policy.document),
    ...equalPatternFindings(policy.document),
    ...pathFindings(policy.document),
    ...counterFindings(policy.document, implicitCounters),
    ...(tools === undefined
      ? []
      : [...comparePolicyWithTools(policy, tools).findings, ...unusableSchemaFindings(policy, tools)]),
  ];
}

/** Splits `file: line 1, column 2: path: message`. */
function schemaFinding(file: string, problem: string): PlacedFinding {
  const whole = problem.startsWith(`${file}: `) ? problem.slice(file.length + 2) : problem;
  const [prefix = "", place] = /^(line \d+, column \d+): /.exec(whole) ?? [];
  const text = whole.slice(prefix.length);
  const [, path, message] = /^((?:[^\s":[]|\[(?:\d+|"(?:[^"\\]|\\.)*")\])+): (.*)$/s.exec(text) ?? [];
  const finding = { severity: "error", code: "schema", path: path ?? "", message: message ?? text } as const;
  return place === undefined ? finding : { ...finding, place };
}

/** Counter names that the short form generates: every tool gets the same one. */
function implicitCounterNames(source: Json): ReadonlySet<string> {
  return new Set(containsKey(source, "rate_limit") ? ["calls"] : []);
}

function containsKey(json: Json, key: string): boolean {
  if (isJsonArray(json)) return json.some((item) => containsKey(item, key));
  if (!isJsonObject(json)) return false;
  return json.has(key) || Array.from(json.values()).some((value) => containsKey(value, key));
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
      normal_form: each.normalForm === undefined ? null : toPlainValue(each.normalForm),
    })),
  };
}

function toPlainValue(json: Json): unknown {
  return JSON.parse(printJson(json));
}

interface FindingsOptions {
  readonly isPrinting: boolean;
  readonly isWithTools: boolean;
}

function writeFindings(
  io: CommandIo,
  checked: readonly CheckedFile[],
  { isPrinting, isWithTools }: FindingsOptions,
): void {
  const out = isPrinting ? { ...io, stdout: io.stderr } : io;
  for (const { file, findings, notes, normalForm, isTranslated } of checked) {
    const lines = findings.map(({ severity, code, place, path, message }) =>
      [`${severity.padEnd(7)} ${file}`, place, path, `${message} [${code}]`].filter(Boolean).join(": "),
    );
    writeLines(out, [
      ...lines,
      ...notes.map((note) => `note    ${file}: ${note}`),
      summaryOf(file, findings),
    ]);
    if (normalForm === undefined || !(isPrinting || isTranslated)) continue;
    if (!isPrinting) writeLines(out, ["", "The normal form:"]);
    writeLines(io, printJson(normalForm, 2).split("\n"));
  }
  if (!isWithTools) {
    writeLines(out, [
      "Names and arguments were not compared with a server: give --tools, --upstream or -- COMMAND.",
    ]);
  }
}

function summaryOf(file: string, findings: readonly Finding[]): string {
  if (findings.length === 0) return `${file}: nothing wrong`;
  return `${file}: ${pluralize(countOf(findings, "error"), "error")}, ${pluralize(countOf(findings, "warning"), "warning")}`;
}
