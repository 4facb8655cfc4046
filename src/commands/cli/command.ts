/** What the policy commands have in common: where they write, how they end, how they read their flags. */

import type { Writable } from "node:stream";
import { parseArgs, type ParseArgsConfig } from "node:util";

export interface PolicyWorld {
  readonly stdout: Writable;
  readonly stderr: Writable;
}

export interface PolicyCommand {
  readonly name: string;
  /** One line of `tollgate policy --help`. */
  readonly summary: string;
  readonly help: string;
  /** Returns the exit code. */
  readonly run: (argv: readonly string[], world: PolicyWorld) => Promise<number>;
}

/** A command from its two halves: what reads the command line, as a request or its problems, and what does the work. */
export interface Halves<Request extends object> extends Omit<PolicyCommand, "run"> {
  readonly read: (argv: readonly string[]) => Request | string[];
  /** Returns the exit code. */
  readonly work: (world: PolicyWorld, request: Request) => number | Promise<number>;
}

export function policyCommand<Request extends object>(halves: Halves<Request>): PolicyCommand {
  const { read, work, ...about } = halves;
  const run = async (argv: readonly string[], world: PolicyWorld): Promise<number> => {
    const request = read(argv);
    return Array.isArray(request) ? refuseUsage(world, about.name, request) : work(world, request);
  };
  return { ...about, run };
}

export const DONE = 0;
/** Something is wrong with what was looked at. */
export const WRONG = 1;
export const BAD_USAGE = 64;
/** The server whose tools were asked for could not be reached, or started. */
export const UNREACHABLE = 69;

type Options = NonNullable<ParseArgsConfig["options"]>;

/** `argv` as node:util reads it; after `--` stands the command that starts a server. */
export function readArguments<const Given extends Options>(argv: readonly string[], options: Given) {
  const end = argv.indexOf("--");
  const args = end < 0 ? [...argv] : argv.slice(0, end);
  try {
    const { values, positionals } = parseArgs({ args, options, strict: true, allowPositionals: true });
    return { ok: true as const, values, positionals, server: end < 0 ? [] : argv.slice(end + 1) };
  } catch (error) {
    return { ok: false as const, problem: wording(error) };
  }
}

/** node:util's first sentence in our manner: lower case, backticks, no final period. */
function wording(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const sentence = message.split(/\. |\n/)[0] ?? message;
  return (sentence.slice(0, 1).toLowerCase() + sentence.slice(1)).replaceAll("'", "`").replace(/\.$/, "");
}

/** The problems of one command line, and where help is. */
export function refuseUsage(
  world: PolicyWorld,
  name: string,
  problems: readonly string[],
  family = "policy",
): number {
  const command = `tollgate ${family} ${name}`;
  for (const problem of problems) world.stderr.write(`${command}: ${visible(problem)}\n`);
  world.stderr.write(`${command}: see ${command} --help\n`);
  return BAD_USAGE;
}

/** Why a command could not do its work. */
export function fail(world: PolicyWorld, problems: readonly string[], exitCode = WRONG): number {
  for (const problem of problems) world.stderr.write(`tollgate: ${visible(problem)}\n`);
  return exitCode;
}

export function say(world: PolicyWorld, lines: readonly string[]): void {
  world.stdout.write(lines.map((line) => `${visible(line.trimEnd())}\n`).join(""));
}

// Security: servers choose names of tools, agents their own, and a terminal obeys control characters.
/** A line as a terminal may show it. */
export function visible(line: string): string {
  return line.replaceAll(/\p{Cc}/gu, (control) => {
    const escape = JSON.stringify(control).slice(1, -1);
    return escape === control ? `\\u${control.charCodeAt(0).toString(16).padStart(4, "0")}` : escape;
  });
}

export function sayJson(world: PolicyWorld, value: unknown): void {
  world.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

export const FORMAT = { type: "string", default: "text" } as const;

/** The problem with `--format`, if there is one. */
export function formatProblem(format: string, known: readonly string[] = ["text", "json"]): string[] {
  return known.includes(format) ? [] : [`--format: must be ${known.join(" or ")}, got "${format}"`];
}

/** `1 warning`, `2 warnings`. */
export function count(number: number, noun: string): string {
  return `${number} ${number === 1 ? noun : `${noun}s`}`;
}
