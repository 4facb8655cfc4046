/** `tollgate policy init`: generates a starter policy from a server's tools/list. */

import { writeFileSync } from "node:fs";
import { errorCode, writeProblem } from "../../config/file-fault.ts";
import { CATEGORIES } from "../../policy/category/category.ts";
import {
  EXIT_OK,
  failWith,
  formatProblem,
  policyCommand,
  type CommandIo,
  readArguments,
} from "../cli/command.ts";
import { needsCategory, starterPolicy, type StarterPolicy } from "./starter-policy.ts";
import { starterJson, starterYaml } from "./starter-text.ts";
import { parseToolsSource, loadTools, TOOLS_FLAGS, type ToolsSource } from "./tools-source.ts";

const HELP = `Usage: tollgate policy init --upstream URL | -- COMMAND [ARG...] [flags]

Asks a server for its tools and prints a starter policy: unlisted tools are denied, destructive tools are hidden,
every other tool has a limit that suits its category, and each entry gives its reason.

  --upstream URL         the server, over Streamable HTTP
  -- COMMAND [ARG...]    the server, over stdio; flags stand before --
  --tools FILE           a recorded tools/list result instead
  -o, --output FILE      write the policy to FILE, unless it exists
  --force                overwrite FILE
  --format json|yaml     reasons in "description" or in comments (by the name of FILE, or else json)
  --pin                  record digests of each tool's definition: deny a tool that has changed
  --help                 this text

Examples: tollgate policy init --upstream http://127.0.0.1:3000/mcp -o policy.json
          tollgate policy init --pin -- npx -y @modelcontextprotocol/server-everything > policy.json
Exit codes: 0 done, 1 no policy written, 64 bad usage, 69 the server cannot be reached.
`;

const OPTIONS = {
  ...TOOLS_FLAGS,
  output: { type: "string", short: "o" },
  force: { type: "boolean", default: false },
  format: { type: "string" },
  pin: { type: "boolean", default: false },
} as const;

interface InitRequest {
  readonly source: ToolsSource;
  readonly output: string | undefined;
  readonly isYaml: boolean;
  readonly isForced: boolean;
  readonly isPinned: boolean;
}

export const INIT_COMMAND = policyCommand({
  name: "init",
  summary: "a starter policy from a server's tools/list",
  help: HELP,
  parse: parseRequest,
  execute: init,
});

function parseRequest(argv: readonly string[]): InitRequest | string[] {
  const read = readArguments(argv, OPTIONS);
  if (!read.ok) return [read.problem];
  const { values, positionals, server } = read;
  const { output, force: isForced, pin: isPinned } = values;
  const format = values.format ?? (/\.ya?ml$/i.test(output ?? "") ? "yaml" : "json");
  const source = parseToolsSource(values, server);
  const problems = [
    ...(positionals.length > 0 ? [`${positionals[0]}: a command stands after --, and a file after -o`] : []),
    ...(source.ok ? [] : [source.problem]),
    ...(source.ok && source.source === undefined
      ? ["a server is required: --upstream URL or -- COMMAND"]
      : []),
    ...formatProblem(format, ["json", "yaml"]),
  ];
  if (problems.length > 0 || !source.ok || source.source === undefined) return problems;
  return { source: source.source, output, isYaml: format === "yaml", isForced, isPinned };
}

async function init(io: CommandIo, request: InitRequest): Promise<number> {
  const { source, isYaml, isPinned } = request;
  const listed = await loadTools(source, io);
  if (!listed.ok) return failWith(io, listed.problems, listed.exitCode);
  if (listed.tools.length === 0) return failWith(io, ["the server lists no tools"]);
  const starter = starterPolicy(listed.tools, { server: listed.server ?? sourceName(source), isPinned });
  const problem = writePolicy(io, isYaml ? starterYaml(starter) : starterJson(starter), request);
  if (problem !== undefined) return failWith(io, [problem]);
  io.stderr.write(`${summaryOf(starter)}\n${questionsOf(starter)}${nextStep(request.output)}\n`);
  return EXIT_OK;
}

function sourceName(source: ToolsSource): string {
  switch (source.kind) {
    case "file":
      return source.file;
    case "http":
      return source.url.host;
    case "stdio":
      return source.command;
  }
}

/** Writes the policy to its file, or to stdout. Returns the problem, if any. */
function writePolicy(io: CommandIo, text: string, { output, isForced }: InitRequest): string | undefined {
  if (output === undefined) {
    io.stdout.write(text);
    return undefined;
  }
  try {
    writeFileSync(output, text, { flag: isForced ? "w" : "wx" });
    return undefined;
  } catch (error) {
    if (errorCode(error) !== "EEXIST") return writeProblem(output, error);
    return `${output}: is there already; name another file, or give --force`;
  }
}

function summaryOf({ listed, hidden }: StarterPolicy): string {
  const tools = [...listed, ...hidden];
  const counts = CATEGORIES.map((category) => {
    const size = tools.filter(({ assignment }) => assignment.category === category).length;
    return size === 0 ? "" : `${size} ${category}${category === "destructive" ? " (hidden)" : ""}`;
  });
  return `${tools.length} tools: ${counts.filter(Boolean).join(", ")}`;
}

/** Tools named in a question; the others are counted. */
const MAX_QUESTIONS = 20;

/** Asks for the category of each tool whose label is a weak guess. */
function questionsOf({ listed, hidden }: StarterPolicy): string {
  const weak = [...listed, ...hidden].filter(needsCategory);
  const lines = weak
    .slice(0, MAX_QUESTIONS)
    .map(({ name, assignment }) => `${JSON.stringify(name)}: what is its category? ${assignment.reason}\n`);
  const others = weak.length - lines.length;
  return [
    ...lines,
    ...(others > 0 ? [`and ${others} tools more: the policy marks each as a weak guess\n`] : []),
  ].join("");
}

function nextStep(output: string | undefined): string {
  const file = output ?? "FILE";
  return `next: read it, then tollgate policy check ${file}, then run with --policy ${file} --mode shadow`;
}
