/** Shared parts of all commands: output streams, exit codes, flags, usage errors. */

import type { Writable } from "node:stream";
import { parseArgs, type ParseArgsConfig } from "node:util";
import { escapeInvisible, escapeInvisibleInJson } from "../../json/escape-invisible.ts";
import { didYouMean, inBackticks } from "../../policy/schema/did-you-mean.ts";

/** The streams that a command writes to. */
export interface CommandIo {
  readonly stdout: Writable;
  readonly stderr: Writable;
}

export interface PolicyCommand {
  readonly name: string;
  /** One line of `tollgate policy --help`. */
  readonly summary: string;
  readonly help: string;
  /** Returns the exit code. */
  readonly run: (argv: readonly string[], io: CommandIo) => Promise<number>;
}

/** A policy command in two steps: parse the command line, then do the work. */
export interface PolicyCommandSteps<Request extends object> extends Omit<PolicyCommand, "run"> {
  /** Returns the request, or the problems of the command line. */
  readonly parse: (argv: readonly string[]) => Request | string[];
  /** Returns the exit code. */
  readonly execute: (io: CommandIo, request: Request) => number | Promise<number>;
}

/** A policy command that refuses a bad command line with exit code 64. */
export function policyCommand<Request extends object>(steps: PolicyCommandSteps<Request>): PolicyCommand {
  const { parse, execute, ...about } = steps;
  const run = async (argv: readonly string[], io: CommandIo): Promise<number> => {
    const request = parse(argv);
    return Array.isArray(request)
      ? refuseUsage(io, `tollgate policy ${about.name}`, request)
      : execute(io, request);
  };
  return { ...about, run };
}

export const EXIT_OK = 0;
/** The command ran and found an error, or could not do its work. */
export const EXIT_FAILED = 1;
export const EXIT_USAGE = 64;
/** A server or a sidecar could not be reached, or started. */
export const EXIT_UNAVAILABLE = 69;

type Options = NonNullable<ParseArgsConfig["options"]>;

/** Parses flags and positionals of `argv`; `server` is the command line after `--`, empty without one. */
export function readArguments<const Given extends Options>(argv: readonly string[], options: Given) {
  const end = argv.indexOf("--");
  const args = end < 0 ? [...argv] : argv.slice(0, end);
  try {
    const { values, positionals } = parseArgs({ args, options, strict: true, allowPositionals: true });
    return { ok: true as const, values, positionals, server: end < 0 ? [] : argv.slice(end + 1) };
  } catch (error) {
    return { ok: false as const, problem: usageMessage(error, Object.keys(options)) };
  }
}

/** The first sentence of an error of node:util's parseArgs: lower case, backticks, no final period; and the known flag that is near. */
export function usageMessage(error: unknown, flags: readonly string[]): string {
  const message = error instanceof Error ? error.message : String(error);
  const sentence = message.split(/\. |\n/)[0] ?? message;
  const text = (sentence.slice(0, 1).toLowerCase() + sentence.slice(1))
    .replaceAll("'", "`")
    .replace(/\.$/, "");
  const [, flag, lack] =
    /^option `(--[\w-]+)(?: <value>)?` argument (missing|is ambiguous)$/.exec(text) ?? [];
  if (flag !== undefined)
    return `\`${flag}\` needs a value${lack === "missing" ? "" : `; one that begins with - is written ${flag}=VALUE`}`;
  const [, unknown] = /^unknown option `(--.+)`$/.exec(text) ?? [];
  const known = flags.map((name) => `--${name}`);
  return unknown === undefined ? text : `${text}${didYouMean(unknown, known, inBackticks)}`;
}

/** The problem of a command that does not exist. */
export function unknownCommandProblem(name: string, known: readonly string[]): string {
  return `unknown command ${inBackticks(name)}${didYouMean(name, known, inBackticks)}`;
}

/** Writes the problems of a command line and where its help is. Returns the exit code. */
export function refuseUsage(io: CommandIo, command: string, problems: readonly string[]): number {
  for (const problem of problems) io.stderr.write(`${command}: ${escapeInvisible(problem)}\n`);
  io.stderr.write(`${command}: see ${command} --help\n`);
  return EXIT_USAGE;
}

/** Writes why a command could not do its work. Returns the exit code. */
export function failWith(io: CommandIo, problems: readonly string[], exitCode = EXIT_FAILED): number {
  for (const problem of problems) io.stderr.write(`tollgate: ${escapeInvisible(problem)}\n`);
  return exitCode;
}

/** Writes a help text. Returns the exit code. */
export function writeHelp({ stdout }: CommandIo, help: string): number {
  stdout.write(help);
  return EXIT_OK;
}

/** Whether the arguments before `--` ask for help. */
export function asksForHelp(argv: readonly string[]): boolean {
  const end = argv.indexOf("--");
  const own = end < 0 ? argv : argv.slice(0, end);
  return own.includes("--help") || own.includes("-h");
}

/** Writes lines to stdout, with control and invisible characters escaped. */
export function writeLines(io: CommandIo, lines: readonly string[]): void {
  io.stdout.write(lines.map((line) => `${escapeInvisible(line.trimEnd())}\n`).join(""));
}

/** Writes a value to stdout as indented JSON. */
export function writeJson(io: CommandIo, value: unknown): void {
  io.stdout.write(`${escapeInvisibleInJson(JSON.stringify(value, null, 2))}\n`);
}

export const FORMAT_FLAG = { type: "string", default: "text" } as const;

/** The problem with the value of `--format`; empty when it is known. */
export function formatProblem(format: string, known: readonly string[] = ["text", "json"]): string[] {
  return known.includes(format) ? [] : [`--format: must be ${known.join(" or ")}, got "${format}"`];
}

/** `1 warning`, `2 warnings`. */
export function pluralize(number: number, noun: string): string {
  return `${number} ${number === 1 ? noun : `${noun}s`}`;
}
